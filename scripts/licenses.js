import { readFileSync } from 'node:fs';
import { billOfMaterials } from './production-packages.js';

/** Licences that ask for no more than a notice. */
const ALLOWED = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Python-2.0', 'Unlicense'],
]);

/** Lists the packages that run at a user by licence, and fails for a licence that is not allowed. Reads a CycloneDX file when one is given. */
function main([file]) {
  const { components } = file === undefined ? billOfMaterials() : JSON.parse(readFileSync(file, 'utf8'));
  const byLicence = Map.groupBy(components, licenceOf);
  for (const [licence, packages] of [...byLicence].sort(([, a], [, b]) => b.length - a.length)) {
    const names = [...new Set(packages.map(({ name, version }) => `${name}@${version}`))].sort((a, b) =>
      a < b ? -1 : 1,
    );
    console.log(`${licence} (${names.length}): ${names.join(', ')}`);
    if (isAllowed(licence)) continue;
    console.error(`${licence} is not allowed: replace ${names.join(', ')}, or add the licence to scripts/licenses.js.`);
    process.exitCode = 1;
  }
}

function licenceOf({ licenses = [] }) {
  const named = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name);
  return named.join(' AND ') || 'No licence';
}

/** Of alternatives, one is enough; of licences that hold together, all are looked at. */
function isAllowed(licence) {
  const single = licence.replaceAll(/[()]/g, '').split(/ (?:AND|OR|WITH) /);
  return / (?:AND|WITH) /.test(licence)
    ? single.every((one) => ALLOWED.has(one))
    : single.some((one) => ALLOWED.has(one));
}

main(process.argv.slice(2));
