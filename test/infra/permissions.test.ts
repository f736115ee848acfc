import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import type { Permission } from '../../infra/permissions.ts';
import { roleResource } from '../../infra/roles.ts';
import { ACCESS, type Endpoint } from '../../lib/runtime/access.ts';
import { permissionsOf, reachableCode } from './derive-permissions.ts';

/** What the event source mapping does in the name of the function that it starts. */
const OF_MAPPING: Record<string, readonly Permission[]> = {
  deadLetters: ['deadLetters:DeleteMessage', 'deadLetters:GetQueueAttributes', 'deadLetters:ReceiveMessage'],
};

let code: Map<string, string>;
beforeAll(async () => {
  code = await reachableCode(FUNCTIONS.map(({ file }) => file));
});

function needed({ file, trigger }: (typeof FUNCTIONS)[number]): Permission[] {
  const subject = trigger.kind === 'http' ? ACCESS[file.slice('api/'.length) as Endpoint].for : undefined;
  const ofTrigger = trigger.kind === 'queue' ? (OF_MAPPING[trigger.queue] ?? []) : [];
  return [...permissionsOf(code.get(file) ?? '', subject), ...ofTrigger].sort();
}

/** Empty when the role fits; else what to do about it. */
function unfit(definition: (typeof FUNCTIONS)[number], may: readonly Permission[] = definition.may): string[] {
  const uses = needed(definition);
  return [
    ...uses.filter((one) => !may.includes(one)).map((one) => `missing: add '${one}' to its line in infra/functions.ts`),
    ...may.filter((one) => !uses.includes(one)).map((one) => `spare: take '${one}' out of infra/functions.ts`),
  ];
}

describe('what a function may do', () => {
  it.each(FUNCTIONS)('$file may do all that it can ask for, and nothing else', (definition) => {
    expect(unfit(definition)).toEqual([]);
    expect(new Set(definition.may).size).toBe(definition.may.length);
  });

  it('is noticed when one permission is taken away or put in, for every function and each permission', () => {
    const all = [...new Set(FUNCTIONS.flatMap(({ may }) => may))];
    for (const definition of FUNCTIONS) {
      for (const one of all) {
        const isThere = definition.may.includes(one);
        const changed = isThere ? definition.may.filter((other) => other !== one) : [...definition.may, one];
        const [problem, ...others] = unfit(definition, changed);
        expect(problem, `${definition.file} ${one}`).toContain(`${isThere ? 'missing' : 'spare'}`);
        expect(problem).toContain(`'${one}'`);
        expect(others).toEqual([]);
      }
    }
    // Each function by each permission: it grows with both.
  }, 120_000);

  it('is read from calls that the tables know: a new one must be added there', () => {
    expect(() => permissionsOf('await deps.queue.purge();', undefined)).toThrow(/queue\.purge\(\) is not in SENDS/);
    const letting = '// lib/runtime/admission.ts\nawait gate.builds.cancel(id);';
    expect(() => permissionsOf(letting, 'project')).toThrow(/letting in calls builds\.cancel/);
  });
});

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
}

describe('a role', () => {
  const statementsOf = (name: string, may: readonly Permission[]) =>
    roleResource('test', name, may).Properties.Policies.flatMap(
      ({ PolicyDocument }) => PolicyDocument.Statement as readonly Statement[],
    );

  it.each(FUNCTIONS)(
    'of $file has no wildcard but for the objects of a bucket and the streams of its own log',
    (one) => {
      const name = one.file.split('/').at(-1) ?? '';
      for (const { Action, Resource } of statementsOf(name, one.may)) {
        expect(Action.filter((action) => action.includes('*'))).toEqual([]);
        const text = JSON.stringify(Resource).replaceAll(/:log-group:\/aws\/lambda\/buildlatch-test-[\w-]+:\*/g, '');
        expect(text.replaceAll('"/*"', '')).not.toContain('*');
      }
    },
  );

  it('writes its own log and reads the API key, and no other function takes it', () => {
    const [log, key, ...rest] = statementsOf('heartbeat', []);
    expect(log?.Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(JSON.stringify(log?.Resource)).toContain('/aws/lambda/buildlatch-test-heartbeat:*');
    expect(key?.Action).toEqual(['ssm:GetParameter']);
    expect(JSON.stringify(key?.Resource)).toContain('parameter/buildlatch/test/api-key');
    expect(rest).toEqual([]);
  });

  it('names the actions as IAM does, by thing', () => {
    const rest = statementsOf('x', [
      'table:GetItem',
      'index.due:Query',
      'results.bucket:ListBucket',
      'table:PutItem',
    ]).slice(2);
    expect(rest.map(({ Action }) => Action)).toEqual([
      ['dynamodb:GetItem', 'dynamodb:PutItem'],
      ['dynamodb:Query'],
      ['s3:ListBucket'],
    ]);
    expect(JSON.stringify(rest[1]?.Resource)).toContain('/index/due');
  });
});
