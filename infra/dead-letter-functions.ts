import { api, type FunctionDefinition, QUEUES, TABLE } from './function-definition.ts';

/** What an operator does about messages that were put aside. */
export const DEAD_LETTER_FUNCTIONS: readonly FunctionDefinition[] = [
  api(
    'list-dead-letters',
    ['GET /api/dead-letters'],
    [...TABLE, 'DEAD_LETTERS_QUEUE_URL', 'SQS_ENDPOINT'],
    ['deadLetters:ChangeMessageVisibility', 'deadLetters:ReceiveMessage', 'table:GetItem'],
  ),
  api(
    'redrive-dead-letters',
    ['POST /api/dead-letters/redrive'],
    [...TABLE, ...QUEUES, 'DEAD_LETTERS_QUEUE_URL'],
    [
      'builds:SendMessage',
      'deadLetters:ChangeMessageVisibility',
      'deadLetters:DeleteMessage',
      'deadLetters:ReceiveMessage',
      'table:GetItem',
      'table:UpdateItem',
    ],
  ),
];
