import type { AttributeValue, TransactWriteItem, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall, type NativeAttributeValue } from '@aws-sdk/util-dynamodb';

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** One condition on one attribute of an item. */
export interface Condition {
  readonly name: string;
  /** `#` stands for the attribute, `:` for each value in turn. */
  readonly text: string;
  readonly values: readonly NativeAttributeValue[];
}

export const is = (name: string, value: NativeAttributeValue): Condition => ({ name, text: '# = :', values: [value] });
export const isBelow = (name: string, value: number): Condition => ({ name, text: '# < :', values: [value] });
export const isBelowOrAbsent = (name: string, value: number): Condition => ({
  name,
  text: 'NOT # >= :',
  values: [value],
});
export const isOneOf = (name: string, values: readonly string[]): Condition => ({
  name,
  text: `# IN (${values.map(() => ':').join(', ')})`,
  values,
});
export const isNoneOf = (name: string, values: readonly string[]): Condition => {
  const { text } = isOneOf(name, values);
  return { name, text: `NOT ${text}`, values };
};
export const exists = (name: string): Condition => ({ name, text: 'attribute_exists(#)', values: [] });
export const isAbsent = (name: string): Condition => ({ name, text: 'attribute_not_exists(#)', values: [] });
export const hasType = (name: string, type: 'S' | 'N' | 'SS'): Condition => ({
  name,
  text: 'attribute_type(#, :)',
  values: [type],
});

/** A list of at most `length`, or none: with nothing in it but these. */
export function hasOnly(name: string, values: readonly string[], length: number): Condition {
  if (values.length === 0) return isAbsent(name);
  const one = values.map(() => ':').join(', ');
  const places = Array.from({ length }, (_, at) => `(attribute_not_exists(#[${at}]) OR #[${at}] IN (${one}))`);
  return { name, text: places.join(' AND '), values: places.flatMap(() => values) };
}

/** What one write does to one item, and under which conditions. Only the named attributes are touched. */
export interface Change {
  readonly key: ItemKey;
  /** An undefined value is left alone. */
  readonly set?: Readonly<Record<string, NativeAttributeValue>>;
  /** Set only where the attribute is not there yet. */
  readonly setOnce?: Readonly<Record<string, NativeAttributeValue>>;
  /** Set to what another attribute was before this change (0 if it was not there), and so much more. */
  readonly copy?: Readonly<Record<string, { readonly of: string; readonly plus: number }>>;
  readonly remove?: readonly string[];
  readonly add?: Readonly<Record<string, number>>;
  readonly when: readonly Condition[];
}

/** A new item. Under a key of its own it needs no condition. */
export interface Put {
  readonly item: ItemKey & Readonly<Record<string, NativeAttributeValue>>;
  readonly when?: readonly Condition[];
}

/** A removal, with its conditions. */
export type Removal = Pick<Change, 'key' | 'when'>;

interface Expressions {
  readonly names: Record<string, string>;
  readonly values: Record<string, NativeAttributeValue>;
  valueCount: number;
}

type Update = Pick<
  UpdateItemCommandInput,
  'Key' | 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** The change as the parameters of an `UpdateItem`, without a table name. */
export function toUpdate(change: Change): Update & { UpdateExpression: string; Key: Record<string, AttributeValue> } {
  const into: Expressions = { names: {}, values: {}, valueCount: 0 };
  const set = Object.entries(change.set ?? {}).filter(([, value]) => value !== undefined);
  const assignments = [
    ...set.map(([name, value]) => `${attributeName(into, name)} = ${valueName(into, value)}`),
    ...Object.entries(change.setOnce ?? {}).map(([name, value]) => {
      const attribute = attributeName(into, name);
      return `${attribute} = if_not_exists(${attribute}, ${valueName(into, value)})`;
    }),
    ...Object.entries(change.copy ?? {}).map(([name, { of, plus }]) => {
      const before = `if_not_exists(${attributeName(into, of)}, ${valueName(into, 0)})`;
      return `${attributeName(into, name)} = ${before} + ${valueName(into, plus)}`;
    }),
  ];
  const additions = Object.entries(change.add ?? {});
  const clauses = [
    clause('SET', assignments),
    clause(
      'REMOVE',
      (change.remove ?? []).map((name) => attributeName(into, name)),
    ),
    clause(
      'ADD',
      additions.map(([name, by]) => `${attributeName(into, name)} ${valueName(into, by)}`),
    ),
  ];
  const condition = toCondition(change.when, into);
  return {
    Key: marshall(change.key),
    UpdateExpression: clauses.filter(Boolean).join(' '),
    ...(condition && { ConditionExpression: condition }),
    ExpressionAttributeNames: into.names,
    ...(into.valueCount > 0 && { ExpressionAttributeValues: marshall(into.values) }),
  };
}

/** The removal as the parameters of a `DeleteItem`, without a table name. */
export function toDelete({ key, when }: Removal) {
  const into: Expressions = { names: {}, values: {}, valueCount: 0 };
  const condition = toCondition(when, into);
  return {
    Key: marshall(key),
    ConditionExpression: condition,
    ExpressionAttributeNames: into.names,
    ...(into.valueCount > 0 && { ExpressionAttributeValues: marshall(into.values) }),
  };
}

function toPut({ item, when = [] }: Put) {
  const into: Expressions = { names: {}, values: {}, valueCount: 0 };
  const condition = toCondition(when, into);
  return {
    Item: marshall(item, { removeUndefinedValues: true }),
    ...(condition && { ConditionExpression: condition, ExpressionAttributeNames: into.names }),
    ...(into.valueCount > 0 && { ExpressionAttributeValues: marshall(into.values) }),
  };
}

/** The change as one part of a transaction; a refused part answers the item it met. */
export function toTransactItem(table: string, change: Change | Removal | Put): TransactWriteItem {
  if ('item' in change) return { Put: { TableName: table, ...toPut(change) } };
  const common = { TableName: table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const isRemoval = !('set' in change || 'remove' in change || 'add' in change);
  return isRemoval ? { Delete: { ...common, ...toDelete(change) } } : { Update: { ...common, ...toUpdate(change) } };
}

function toCondition(when: readonly Condition[], into: Expressions): string {
  return when
    .map(({ name, text, values }) => {
      const remaining = [...values];
      return text.replace(/[#:]/g, (mark) =>
        mark === '#' ? attributeName(into, name) : valueName(into, remaining.shift()),
      );
    })
    .join(' AND ');
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length > 0 ? `${verb} ${parts.join(', ')}` : '';
}

function attributeName({ names }: Expressions, name: string): string {
  names[`#${name}`] = name;
  return `#${name}`;
}

function valueName(into: Expressions, value: NativeAttributeValue): string {
  const name = `:v${into.valueCount++}`;
  into.values[name] = value;
  return name;
}
