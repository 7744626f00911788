import { globSync, readFileSync } from 'node:fs';
import recheck from 'recheck';
import ts from 'typescript';

/** What stands above a regular expression whose input is short enough for any pattern, with the reason. */
const EXCUSE = /\/\/ Cut first: \S/;
const TIMEOUT_MS = 300_000;

// Without it a Java machine or a binary would be looked for.
process.env.RECHECK_BACKEND = 'pure';

/** Proves that every regular expression of the sources takes time in proportion to its input, or says where one does not. */
const faults = globSync('src/**/*.{ts,tsx}').toSorted().flatMap(faultsIn);
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error('\nWrite it so that there is one way to match, or cut its input and say so above: // Cut first: why');
  process.exitCode = 1;
}

function faultsIn(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    const fault = isExcused(node, source) ? undefined : faultOf(node);
    if (fault) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${path}:${line + 1} ${node.getText()}\n  ${fault}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function faultOf(node) {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    return node.expression.getText() === 'RegExp'
      ? 'is put together at run time, so that nobody can check it'
      : undefined;
  }
  if (!ts.isRegularExpressionLiteral(node)) return undefined;
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(node.text);
  const { status, complexity, error } = recheck.checkSync(pattern, flags, { timeout: TIMEOUT_MS });
  if (status === 'safe') return undefined;
  return status === 'vulnerable' ? `is ${complexity.summary}` : `could not be checked (${error.kind})`;
}

/** By a comment right above the statement or the line that it stands in. */
function isExcused(node, source) {
  const statement = ts.findAncestor(node, (one) => ts.isStatement(one) || ts.isPropertyDeclaration(one));
  const above = statement ? source.text.slice(statement.getFullStart(), statement.getStart()) : '';
  return EXCUSE.test(above);
}
