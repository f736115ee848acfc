import { marshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toBuildItem } from '../../../lib/adapters/dynamo/build-item.ts';
import { toWorkerItem } from '../../../lib/adapters/dynamo/worker-store.ts';
import { renderHint } from '../../../lib/adapters/sqs/hint.ts';
import { secrets } from '../../../lib/runtime/secrets.ts';
import { aBuild, aHint, anEvent, aWorker, SHA } from '../../support/builders.ts';
import { RECORD_DAYS } from '../../support/settings.ts';
import type { Answers } from './stub.ts';

/** What one handler is asked, and what the engines answer it: always the same, so that nothing but the handler is measured. */
export interface Step {
  readonly name: string;
  readonly file: string;
  readonly event: APIGatewayProxyEventV2;
  readonly status: number;
  readonly answers: Answers;
}

export const API_KEY = 'k'.repeat(43);
const WORKER_ID = 'w'.repeat(21);
const BUILD_ID = 'b'.repeat(21);
const TOKEN = `${WORKER_ID}${'t'.repeat(43)}`;
const UPLOAD_ID = 'u'.repeat(21);
/** Seen a moment ago for as long as any run takes: the poll's note of a sighting is no part of every poll. */
const SOON = Date.now() + 3_600_000;

/** As the front door passes them on. */
const FRONT_HEADERS = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate',
  host: 'abcdefghij.execute-api.eu-west-1.amazonaws.com',
  'user-agent': 'node',
  'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
};
const asWorker = { ...FRONT_HEADERS, 'x-worker-token': TOKEN };
const json = { 'content-type': 'application/json' };

const worker = aWorker({
  id: WORKER_ID,
  lastSeenAt: SOON,
  token: { hash: secrets.hash(TOKEN), expiresAt: SOON },
});
const workerItem = {
  Item: marshall(toWorkerItem({ recordDays: RECORD_DAYS }, worker), { removeUndefinedValues: true }),
};

const holder = { workerId: WORKER_ID, workerName: worker.name, assignmentId: 'a'.repeat(21) };
const building = aBuild('building', { id: BUILD_ID, holder: { ...holder, tokenHash: secrets.hash(TOKEN) } });
const buildItem = marshall(
  { ...toBuildItem(building), ...holder, workerTokenHash: secrets.hash(TOKEN), leaseUntil: SOON, startedAt: SOON },
  { removeUndefinedValues: true },
);

const message = {
  MessageId: 'm',
  ReceiptHandle: 'r'.repeat(200),
  Body: renderHint(aHint({ buildId: BUILD_ID })),
  Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1' },
};

export const STEPS: readonly Step[] = [
  {
    name: 'poll that finds nothing',
    file: 'api/poll',
    event: anEvent({ routeKey: 'GET /api/workers/poll', rawPath: '/api/workers/poll', headers: asWorker }),
    status: 200,
    answers: { GetItem: workerItem, ReceiveMessage: {} },
  },
  {
    name: 'poll that is given a build',
    file: 'api/poll',
    event: anEvent({ routeKey: 'GET /api/workers/poll', rawPath: '/api/workers/poll', headers: asWorker }),
    status: 200,
    answers: {
      GetItem: workerItem,
      ReceiveMessage: { Messages: [message] },
      Query: { Items: [], Count: 0 },
      TransactWriteItems: {},
      DeleteMessage: {},
    },
  },
  {
    name: 'heartbeat',
    file: 'api/heartbeat',
    event: anEvent({
      routeKey: 'POST /api/builds/{id}/heartbeat',
      rawPath: `/api/builds/${BUILD_ID}/heartbeat`,
      pathParameters: { id: BUILD_ID },
      headers: { ...asWorker, ...json },
      body: '{"attempt":1}',
    }),
    status: 200,
    answers: { UpdateItem: { Attributes: buildItem } },
  },
  {
    name: 'submit',
    file: 'api/submit-build',
    event: anEvent({
      routeKey: 'POST /api/builds',
      rawPath: '/api/builds',
      headers: { ...FRONT_HEADERS, ...json, 'x-api-key': API_KEY },
      body: JSON.stringify({ platform: 'ios', upload_id: UPLOAD_ID }),
    }),
    status: 201,
    answers: {
      HEAD: { 'content-length': '4096', 'x-amz-meta-sha256': SHA },
      PutItem: {},
      SendMessage: { MessageId: 'm' },
      UpdateItem: {},
    },
  },
];
