/** With this, and a `CONTROLLER_API_KEY`, every function's bundle loads; nothing is called while it does. */
export const LOADABLE = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  TABLE_NAME: 'buildlatch-test',
  QUEUE_URL_IOS: 'https://sqs.us-east-1.amazonaws.com/000000000000/ios',
  QUEUE_URL_ANDROID: 'https://sqs.us-east-1.amazonaws.com/000000000000/android',
  DEAD_LETTERS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters',
  SOURCES_BUCKET: 'sources',
  RESULTS_BUCKET: 'results',
  CERTS_BUCKET: 'certs',
  CERTS_KEY: 'c'.repeat(43),
};
