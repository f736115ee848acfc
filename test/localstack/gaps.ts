const SETTINGS = 'test/localstack/settings.test.ts (it has arrived)';
const TEMPLATE = 'test/infra (it is in the template)';

/**
 * What ministack 1.5.33 takes from the template and then does nothing with, by name, and where it is shown instead. What it does
 * do is in the tests beside this file.
 */
export const MINISTACK_GAPS: readonly { readonly what: string; readonly shownBy: string }[] = [
  { what: 'throttling of the HTTP API', shownBy: TEMPLATE },
  { what: 'the access log of the HTTP API', shownBy: TEMPLATE },
  { what: 'routes for OPTIONS, which its gateway answers itself', shownBy: 'test/localstack/routes.test.ts (invoked)' },
  { what: 'the lifecycle of the buckets, which it drops', shownBy: TEMPLATE },
  { what: 'the arm64 processor and the memory of a function', shownBy: SETTINGS },
];
