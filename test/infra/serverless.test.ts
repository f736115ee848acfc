import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { readEnv } from '../../lib/runtime/env.ts';
import { SETTINGS } from '../../lib/runtime/settings.ts';
import configuration from '../../serverless.ts';

interface Deployed {
  readonly handler: string;
  readonly timeout: number;
  readonly environment: Record<string, object>;
  readonly events: readonly Record<string, unknown>[];
}

const functions = configuration.functions as Record<string, Deployed>;
const { Resources } = configuration.resources;
const nameOf = (file: string) => file.split('/').at(-1) ?? '';

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    // AWS:: is CloudFormation's own.
    if (key === 'Ref' && !String(inner).startsWith('AWS::')) yield String(inner);
    else if (key === 'Fn::GetAtt') yield String(inner[0]);
    else yield* referencesIn(inner);
  }
}

describe('what is deployed', () => {
  it('has every function with its bundle, its time and its routes, and no other', () => {
    expect(Object.keys(functions).sort()).toEqual(FUNCTIONS.map(({ file }) => nameOf(file)).sort());
    for (const { file, timeoutSeconds, trigger } of FUNCTIONS) {
      const { handler, timeout, events } = functions[nameOf(file)] ?? {};
      expect([handler, timeout]).toEqual([`dist/functions/${nameOf(file)}/index.handler`, timeoutSeconds]);
      if (trigger.kind !== 'http') continue;
      expect(events?.map(({ httpApi }) => (httpApi === '*' ? '$default' : httpApi))).toEqual(trigger.routes);
    }
  });

  it('gives each function what it cannot start without', () => {
    for (const { file, env } of FUNCTIONS) {
      const names = Object.keys(functions[nameOf(file)]?.environment ?? {});
      // What is kept elsewhere is read by its name.
      const given = names.map((name) => name.replace(/_PARAMETER$/, ''));
      const defaults: Readonly<Record<string, { default: number }>> = SETTINGS;
      const value = (name: string) => String(defaults[name]?.default ?? 'https://aws.test/value');
      const source = Object.fromEntries(given.map((name) => [name, value(name)]));
      const keys = {
        CONTROLLER_API_KEY: 'k'.repeat(32),
        ...(given.includes('CERTS_KEY') && { CERTS_KEY: 'c'.repeat(43) }),
      };
      expect(() => readEnv(env, { ...source, ...keys }), file).not.toThrow();
      expect(env, file).toEqual(expect.arrayContaining(given));
    }
  });

  it('refers only to what is there', () => {
    const references = [...referencesIn(functions), ...referencesIn(Resources)];
    expect(references).toEqual(expect.arrayContaining(['Table', 'IosQueue', 'SourcesBucket', 'DeadLettersQueue']));
    // Made by the framework.
    const there = [...Object.keys(Resources), 'HttpApi'];
    expect(there).toEqual(expect.arrayContaining([...new Set(references)]));
  });

  it('answers by record for the dead letters, sweeps each minute, and keeps its data when it goes, but for dev', () => {
    expect(functions['dead-letter']?.events[0]?.['sqs']).toMatchObject({
      functionResponseType: 'ReportBatchItemFailures',
    });
    expect(functions['sweep']?.events[0]?.['schedule']).toMatchObject({ rate: ['rate(1 minute)'] });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's own placeholder
    const byStage = { DeletionPolicy: '${param:deletionPolicy}', UpdateReplacePolicy: '${param:deletionPolicy}' };
    for (const id of ['Table', 'SourcesBucket', 'ResultsBucket', 'CertsBucket'] as const) {
      expect(Resources[id], id).toMatchObject(byStage);
    }
    expect(configuration.params.default).toMatchObject({ deletionPolicy: 'Retain', isProtected: true });
    expect({ ...configuration.params.default, ...configuration.params.prod }).toMatchObject({ isProtected: true });
  });

  it('holds no secret, only where it is kept', () => {
    expect(Object.keys(configuration.provider.environment)).toEqual(['API_KEY_PARAMETER', 'METRICS_NAMESPACE']);
    expect(configuration.provider.environment.API_KEY_PARAMETER).toMatch(/^\/buildlatch\/.+\/api-key$/);
    expect(JSON.stringify(configuration)).not.toMatch(/CONTROLLER_API_KEY|\{\{resolve:/);
    expect(functions['read-certs']?.environment['CERTS_KEY_PARAMETER']).toMatch(/^\/buildlatch\/.+\/certs-key$/);
  });
});
