import type { EnvName } from '../lib/runtime/env.ts';
import { bundleFolder } from './bundle-folder.ts';
import { FUNCTIONS, type FunctionDefinition } from './functions.ts';
import { queueResources } from './queues.ts';
import { bucketResources } from './storage.ts';
import { tableResource } from './tables.ts';

/** Everything that keeps data, by logical id. `isRetained`: it outlives the stack. */
export function dataResources(stage: string, isRetained: boolean): Record<string, object> {
  return {
    [TABLE_ID]: tableResource(stage, isRetained),
    ...queueResources(stage),
    ...bucketResources(stage, isRetained),
  };
}

const TABLE_ID = 'Table';

/**
 * What a variable holds on AWS. Those that are not here are left out: endpoints, since the SDK finds the region's own, and
 * settings, which have their defaults in the catalogue.
 */
const VALUES: Partial<Record<EnvName, object>> = {
  TABLE_NAME: { Ref: TABLE_ID },
  QUEUE_URL_IOS: { Ref: 'IosQueue' },
  QUEUE_URL_ANDROID: { Ref: 'AndroidQueue' },
  SOURCES_BUCKET: { Ref: 'SourcesBucket' },
  RESULTS_BUCKET: { Ref: 'ResultsBucket' },
};

/** Every function of `FUNCTIONS` as the Serverless Framework describes one, by its deployed name. */
export function deployedFunctions(): Record<string, object> {
  return Object.fromEntries(
    FUNCTIONS.map((definition) => {
      const folder = bundleFolder(definition.file);
      const description = {
        handler: `${folder}/index.handler`,
        package: { patterns: [`${folder}/**`] },
        timeout: definition.timeoutSeconds,
        memorySize: definition.memoryMb,
        environment: environmentOf(definition),
        events: eventsOf(definition),
      };
      return [folder.split('/').at(-1), description];
    }),
  );
}

function environmentOf({ env }: FunctionDefinition): Record<string, object> {
  return Object.fromEntries(env.flatMap((name) => (VALUES[name] ? [[name, VALUES[name]]] : [])));
}

function eventsOf({ trigger }: FunctionDefinition): object[] {
  switch (trigger.kind) {
    case 'http':
      return trigger.routes.map((route) => ({ httpApi: route === '$default' ? '*' : route }));
    case 'queue': {
      const arn = { 'Fn::GetAtt': ['DeadLettersQueue', 'Arn'] };
      const { batchSize } = trigger;
      return [{ sqs: { arn, batchSize, functionResponseType: 'ReportBatchItemFailures' } }];
    }
    case 'schedule':
      return [{ schedule: { rate: [`rate(${trigger.everySeconds / 60} minute)`], method: 'eventBus' } }];
  }
}
