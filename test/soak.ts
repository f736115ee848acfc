import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ROWS } from './history/all-rows.ts';
import { MODEL_PARTS } from './history/model-parts.ts';
import { runRow } from './history/rows.ts';
import { VANISHING } from './history/vanishing-clients.ts';
import { openWorld } from './history/world.ts';
import { REQUESTS } from './property/soak-requests.ts';
import { takeProblems } from './support/check-answers.ts';

const HELP = `Runs the fault plan at full volume: the whole controller on the embedded engines, over HTTP, with faults between it and
them; then what only a model can play, and bad input to every endpoint. After each row the faults stop, the work drains, and the recorded
history is checked (I1 to I10, see test/README.md). Ends with 1 if anything was not as it must be; the history then lies in
a file that the table names.

Usage: npm run test:soak [-- --scale N] [-- --row NAME]… [-- --seed SEED]
  --scale N     of the volumes; 1 takes hours (1)
  --row NAME    only these rows; may be given more than once
  --seed SEED   of all chance in the run (drawn and printed)
  --list        names the rows and their volumes
`;
/** What plays in no world of the rows: in the model, or with a controller of its own. */
const OTHERS = [VANISHING, ...MODEL_PARTS, REQUESTS];
const PARTS = [...ROWS, ...OTHERS];
const LIST = `${PARTS.map(({ name, fault, volume }) => `${name.padEnd(34)} ${String(volume).padStart(7)}  ${fault}`).join('\n')}\n`;

process.exitCode = await main(process.argv.slice(2));

interface Line {
  readonly name: string;
  readonly fault: string;
  readonly injected: number;
  readonly operations: number;
  readonly seconds: number;
  /** In words, with what shows it. */
  readonly violations: readonly string[];
  readonly note?: string;
  readonly file?: string;
}

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (typeof asked === 'string') {
    const isError = asked !== HELP && asked !== LIST;
    (isError ? process.stderr : process.stdout).write(asked);
    return isError ? 2 : 0;
  }
  silenceFunctions();
  console.log(`soak: scale ${asked.scale}, seed ${asked.seed}`);
  const lines: Line[] = [];
  for await (const line of runAll(asked)) {
    lines.push(line);
    tellProgress(line, lines.length, asked.names.length);
  }
  return tellAll(lines);
}

interface Asked {
  readonly names: readonly string[];
  readonly scale: number;
  readonly seed: string;
}

/** What is to be said instead of running, or what to run. */
function readArguments(args: string[]): string | Asked {
  const text = { type: 'string' } as const;
  try {
    const options = {
      scale: text,
      seed: text,
      row: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values } = parseArgs({ args, options });
    if (values.help) return HELP;
    if (values.list) return LIST;
    const scale = Number(values.scale ?? 1);
    if (!(scale > 0)) return '--scale must be a number above 0\n';
    const all = PARTS.map(({ name }): string => name);
    const unknown = values.row?.filter((name) => !all.includes(name)) ?? [];
    if (unknown.length > 0) return `no such row: ${unknown.join(', ')} (--list names them)\n`;
    const names = all.filter((name) => values.row?.includes(name) ?? true);
    return { names, scale, seed: values.seed ?? randomBytes(4).toString('hex') };
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')))
      throw error;
    return `${error.message}\n`;
  }
}

async function* runAll({ names, scale, seed }: Asked): AsyncGenerator<Line> {
  const volumeOf = ({ volume }: { volume: number }) => Math.max(1, Math.round(volume * scale));
  const rows = ROWS.filter(({ name }) => names.includes(name));
  if (rows.length > 0) {
    const world = await openWorld();
    try {
      for (const row of rows) {
        const { violations, ...result } = await runRow(world, row, volumeOf(row), seed);
        const said = violations.map(({ invariant, what, shown }) =>
          [`${invariant}: ${what}`, ...shown.map((each) => `    ${JSON.stringify(each)}`)].join('\n'),
        );
        const empty = row.isFaulty && result.injected === 0 ? ['target: not one fault was injected'] : [];
        yield { ...result, name: row.name, fault: row.fault, violations: [...said, ...empty, ...takeProblems()] };
      }
    } finally {
      await world.close();
    }
  }
  for (const part of OTHERS.filter(({ name }) => names.includes(name))) {
    const startedAt = performance.now();
    const { broken, ...result } = await part.run(volumeOf(part), seed);
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    yield { ...result, name: part.name, fault: part.fault, seconds, violations: [...broken, ...takeProblems()] };
  }
}

function tellProgress(line: Line, done: number, all: number) {
  const { name, operations, injected, violations, seconds, note } = line;
  const found = violations.length === 0 ? 'holds' : `${violations.length} VIOLATIONS`;
  const more = note ? ` (${note})` : '';
  console.log(`${done}/${all} ${name}: ${operations} operations, ${injected} faults, ${seconds} s: ${found}${more}`);
  for (const each of violations.slice(0, 5)) console.error(`  ${each}`);
}

function tellAll(lines: readonly Line[]): number {
  const width = Math.max(...lines.map(({ fault }) => fault.length));
  const tell = (fault: string, ...columns: (string | number)[]) =>
    console.log([fault.padEnd(width), ...columns.map((each) => String(each).padStart(11))].join(' '));
  tell('fault', 'injected', 'operations', 'violations');
  for (const { fault, injected, operations, violations, file } of lines) {
    tell(fault, injected, operations, violations.length);
    if (file) console.log(`  history: ${file}`);
  }
  const sum = (of: (line: Line) => number) => lines.reduce((total, line) => total + of(line), 0);
  const violations = sum((line) => line.violations.length);
  console.log(
    `soak: ${lines.length} rows · ${sum(({ operations }) => operations)} operations · ${violations} violations`,
  );
  return violations === 0 ? 0 : 1;
}

/** The functions log to standard output, and the gateway to standard error; here they would bury what is to be read. */
function silenceFunctions(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) =>
      chunk.toString().startsWith('{"time":') || write(chunk, ...rest)) as typeof stream.write;
  }
}
