import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One condition of one write, to be left out. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The condition as it stands in the code. */
  readonly condition: string;
  /** The whole file without it. */
  readonly source: string;
}

const FOLDER = 'lib/adapters/dynamo';
/** Makes conditions; holds none of its own. */
const MAKER = 'expression.ts';

/** What makes a condition, or several (`...heldBy(claim)`). */
const MAKERS =
  /(?:\.\.\.)?\b(?:is|isBelowOrAbsent|isBelow|isOneOf|isNoneOf|exists|isAbsent|hasType|hasOnly|allowedFrom|heldBy|stillAt)\(/g;

/** True of every item, and of none: a write under it alone has no condition. */
const ALWAYS = "{ name: 'pk', text: '(attribute_exists(#) OR attribute_not_exists(#))', values: [] }";

/** `PutItem`s carry their condition as text. */
const PUT_CONDITIONS = /ConditionExpression: '(?:attribute_not_exists\(pk\)|through = :previous)'/g;
const PUT_ALWAYS: Record<string, string> = {
  "ConditionExpression: 'attribute_not_exists(pk)'":
    "ConditionExpression: 'attribute_exists(pk) OR attribute_not_exists(pk)'",
  "ConditionExpression: 'through = :previous'":
    "ConditionExpression: 'through = :previous OR attribute_exists(pk) OR attribute_not_exists(pk)'",
};

/** Every condition under which anything is written, each left out once. Found by reading the code: none can be forgotten. */
export function findMutants(root: string): Mutant[] {
  const files = readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.ts') && name !== MAKER);
  return files.flatMap((name) => {
    const file = join(FOLDER, name);
    const code = readFileSync(join(root, file), 'utf8');
    return [...madeConditions(file, code), ...putConditions(file, code)];
  });
}

function* madeConditions(file: string, code: string): Generator<Mutant> {
  for (const match of code.matchAll(MAKERS)) {
    const start = match.index;
    if (isDefinition(code, start)) continue;
    const end = closingParenthesis(code, start + match[0].length);
    const condition = code.slice(start, end);
    yield { file, line: lineOf(code, start), condition, source: code.slice(0, start) + ALWAYS + code.slice(end) };
  }
}

function* putConditions(file: string, code: string): Generator<Mutant> {
  for (const match of code.matchAll(PUT_CONDITIONS)) {
    const [condition] = match;
    const end = match.index + condition.length;
    const source = code.slice(0, match.index) + (PUT_ALWAYS[condition] ?? '') + code.slice(end);
    yield { file, line: lineOf(code, match.index), condition, source };
  }
}

/** `function heldBy(` makes the condition's text; what it is made of is found by itself. */
function isDefinition(code: string, start: number): boolean {
  return /\bfunction\s+$/.test(code.slice(0, start));
}

function closingParenthesis(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '(') depth += 1;
    if (code[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  throw new Error('an opening parenthesis without its closing one');
}

const lineOf = (code: string, at: number) => code.slice(0, at).split('\n').length;
