import { html } from 'htm/preact';
import type { Operations } from '../../lib/client/api-types.ts';
import { shortId } from '../format.ts';
import type { Page } from '../page.ts';
import { Badge, type Tone } from '../parts/badge.ts';
import { type Column, type Row, Table } from '../parts/table.ts';
import { Time } from '../parts/time.ts';

export type Key = Operations['GET /api/keys']['answer']['keys'][number];

const COLUMNS: readonly Column[] = [
  { title: 'Key' },
  { title: 'May' },
  { title: 'State' },
  { title: 'Made' },
  { title: 'Good until' },
  { title: 'Actions', isUntitled: true },
];

const TONES: Readonly<Record<Key['state'], Tone>> = { active: 'good', expired: 'away', revoked: 'bad' };

interface Props {
  readonly page: Page;
  readonly keys: readonly Key[];
  readonly onRevoke: (key: Key) => void;
}

/** Those that are good first. */
export function KeyRows({ page, keys, onRevoke }: Props) {
  const isOver = ({ state }: Key) => Number(state !== 'active');
  const rows = [...keys].sort((a, b) => isOver(a) - isOver(b)).map((key) => rowOf(page, key, onRevoke));
  return html`<${Table} caption="Keys" columns=${COLUMNS} rows=${rows} />`;
}

function rowOf(page: Page, key: Key, onRevoke: Props['onRevoke']): Row {
  const { id, name, scopes, state, created_at, created_by, expires_at: until, revoked_at: revokedAt } = key;
  const isOwn = id === page.session.holder.value?.id;
  const cells = [
    html`<strong>${name}</strong>${isOwn && html` <span class="small">(yours)</span>`}<br /><span class="mono small" title=${id}>${shortId(id)}</span>`,
    scopes.join(', '),
    html`<${Badge} tone=${TONES[state]} text=${state} />${revokedAt !== null && html`<div class="small"><${Time} page=${page} at=${revokedAt} /></div>`}`,
    html`<${Time} page=${page} at=${created_at} /><div class="small" title=${created_by}>by ${created_by === 'root' ? 'the project’s key' : shortId(created_by)}</div>`,
    until === null ? 'revoked' : html`<${Time} page=${page} at=${until} />`,
    state === 'active' &&
      html`<button type="button" class="danger" aria-label=${`Revoke ${name}`} onClick=${() => onRevoke(key)}>Revoke</button>`,
  ];
  return { key: id, cells };
}
