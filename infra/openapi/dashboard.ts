import { PageFile } from '../../lib/runtime/inputs/dashboard.ts';
import type { Description } from './description.ts';

export const DASHBOARD = {
  'show-dashboard': {
    summary: 'The dashboard, for browsers',
    details: 'At `/` the page, at `/dashboard/{file}` what the page loads: its names change with their content.',
    input: PageFile,
    headers: { 'Accept-Encoding': 'With `br` or `gzip` the file comes compressed.' },
    replies: {
      200: {
        says: 'The file.',
        types: ['text/html', 'text/javascript', 'text/css'],
        headers: { 'content-security-policy': 'What the page may do.', 'cache-control': 'How long it may be kept.' },
      },
    },
    refusals: ['not_found'],
  },
} satisfies Record<string, Description>;
