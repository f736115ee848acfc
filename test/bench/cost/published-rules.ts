import type { NativeAttributeValue } from '@aws-sdk/util-dynamodb';
import { tableProperties } from '../../../infra/tables.ts';

/**
 * What DynamoDB bills, as its developer guide has it ("item sizes and formats", "read and write operations", "provisioned
 * throughput considerations for global secondary indexes", "capacity management for transactions"). Only the bench's
 * test needs it: the engine is held against it.
 */
export type Item = Readonly<Record<string, NativeAttributeValue>>;

const WRITE_BYTES = 1024;
const READ_BYTES = 4096;
const units = (bytes: number, unit: number) => Math.max(1, Math.ceil(bytes / unit));

export function sizeOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

/** A list or map takes 3 bytes, and one for each of its members. */
function valueSize(value: NativeAttributeValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberSize(value);
  if (typeof value === 'boolean' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + valueSize(each) + 1, 3);
  if (typeof value === 'object') return sizeOf(value as Item) + Object.keys(value).length + 3;
  throw new Error(`no rule for ${typeof value}`);
}

/** A byte for each two significant digits, and one; another for a sign. */
function numberSize(value: number): number {
  const digits = String(Math.abs(value))
    .replace('.', '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (value < 0 ? 1 : 0);
}

export const readUnits = (item: Item | undefined, isConsistent: boolean) =>
  units(item ? sizeOf(item) : 0, READ_BYTES) * (isConsistent ? 1 : 0.5);

interface Written {
  readonly before?: Item;
  readonly after?: Item;
}

/** The larger of what was there and what is there now; twice in a transaction. Indexes follow later, and so once. */
export function writeUnits({ before, after }: Written, isTransaction = false): { table: number; indexes: number } {
  const table = units(Math.max(before ? sizeOf(before) : 0, after ? sizeOf(after) : 0), WRITE_BYTES);
  const indexes = tableProperties('local').GlobalSecondaryIndexes.reduce((sum, index) => {
    return sum + indexUnits(index, before, after);
  }, 0);
  return { table: table * (isTransaction ? 2 : 1), indexes };
}

type Index = ReturnType<typeof tableProperties>['GlobalSecondaryIndexes'][number];

/** Put in or taken out: one write. Moved by a change of its key: both. Another projected attribute: one. */
function indexUnits(index: Index, before: Item | undefined, after: Item | undefined): number {
  const [was, is] = [entryOf(index, before), entryOf(index, after)];
  const sizes = [was, is].map((entry) => (entry ? units(sizeOf(entry), WRITE_BYTES) : 0));
  if (was && is && keyOf(index, was) === keyOf(index, is)) {
    return JSON.stringify(was) === JSON.stringify(is) ? 0 : Math.max(...sizes);
  }
  return sizes.reduce((sum, each) => sum + each, 0);
}

const keyNames = ({ KeySchema }: Index) => KeySchema.map(({ AttributeName }) => AttributeName);
const keyOf = (index: Index, entry: Item) => JSON.stringify(keyNames(index).map((name) => entry[name]));

function entryOf(index: Index, item: Item | undefined): Item | undefined {
  const keys = keyNames(index);
  if (!item || keys.some((name) => item[name] === undefined)) return undefined;
  const others = 'NonKeyAttributes' in index.Projection ? index.Projection.NonKeyAttributes : [];
  const projected = ['pk', 'sk', ...keys, ...others].filter((name) => item[name] !== undefined);
  return Object.fromEntries(projected.map((name) => [name, item[name]]));
}
