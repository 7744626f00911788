#!/bin/bash
# A CI job: plan, approval, deployment, the work of a colleague, a deployment that breaks, and its rollback.
# It needs `synctrail` on the PATH, SYNCTRAIL_URL, SYNCTRAIL_TARGET and SANDBOX_URL. Changes that lose data need approval there.
set -euo pipefail

# Runs a command that must end with an exit code; its output stays in out.txt.
expect() {
  local wanted=$1 code=0
  shift
  "$@" > out.txt 2> err.txt || code=$?
  echo "$code  $*"
  if [ "$code" != "$wanted" ]; then
    echo "This command must end with $wanted:"
    cat out.txt err.txt
    exit 1
  fi
}
# Writes a manifest: the name of Article, its properties, and the name of a property group.
manifest() {
  cat > content-types.json << EOF
{
  "contentTypes": [{ "key": "Article", "displayName": "$1", "baseType": "_page", "properties": { $2 } }],
  "propertyGroups": [{ "key": "Texts", "displayName": "$3" }]
}
EOF
}
# Makes a plan of the manifest, whose id is then $plan.
plan() {
  expect 0 synctrail plan --file content-types.json --json "$@"
  plan=$(node -p 'JSON.parse(require("fs").readFileSync("out.txt", "utf8")).id')
}

heading='"heading": { "type": "string", "displayName": "Heading" }'
intro='"intro": { "type": "string", "displayName": "Intro" }'

manifest 'Article' "$heading, $intro" 'Texts'
expect 0 synctrail import content-types.json
plan --reason 'First model'
expect 0 synctrail deploy --plan "$plan" --wait --label commit=1
expect 4 synctrail deploy --plan "$plan"

# Content may be lost, so another person decides.
manifest 'Article' "$heading" 'Texts'
plan
expect 4 synctrail deploy --plan "$plan"
plan --force --reason 'Nobody uses the intro'
expect 4 synctrail status "$plan"
expect 4 synctrail deploy --plan "$plan" --wait
expect 4 synctrail approve "$plan" --reason 'My own work'
expect 0 synctrail approve "$plan" --actor joe --reason 'Reviewed'
expect 0 synctrail status "$plan"
expect 0 synctrail deploy --plan "$plan" --wait --label commit=2

# A colleague is faster than the deployment.
manifest 'Article of the shop' "$heading" 'Texts'
plan --reason 'New name'
node -e '
  const body = JSON.stringify({ author: "colleague", changes: { displayName: "Theirs" } });
  const headers = { "content-type": "application/json" };
  fetch(`${process.env.SANDBOX_URL}/_sandbox/content-types/Article`, { method: "PUT", headers, body })
    .then(({ ok }) => process.exit(ok ? 0 : 1));'
expect 3 synctrail deploy --plan "$plan" --wait
expect 3 synctrail plan
expect 0 synctrail deploy --plan "$plan" --wait --on-drift overwrite --label commit=3

# The platform refuses a list of nothing, which breaks one of two items.
manifest 'Article of the shop' "\"list\": { \"type\": \"array\" }, $heading" 'All texts'
plan --reason 'It breaks'
expect 2 synctrail deploy --plan "$plan" --wait --label commit=4
broken=$(sed -n 's/^[A-Z]*  Deployment \(D-[0-9]*\) .*/\1/p' out.txt)
expect 2 synctrail status "$broken"
expect 0 synctrail rollback "$broken" --wait --reason 'It was broken' --label commit=5
expect 0 synctrail status
