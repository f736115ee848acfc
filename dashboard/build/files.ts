import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Problem } from '../answer.ts';
import { bytes, count } from '../format.ts';
import type { Page } from '../page.ts';
import { CopyButton } from '../parts/copy.ts';
import { ProblemNote } from '../parts/problem-note.ts';
import { saveFrom } from '../parts/save-file.ts';
import type { Build } from './read-build.ts';

type Which = 'result' | 'source';

interface BuildFile {
  readonly which: Which;
  readonly title: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string | null;
}

function filesOf(build: Build): BuildFile[] {
  const { id, result_size: size, result_filename: name, result_sha256: sha256, source_size: sourceSize } = build;
  return [
    ...(build.has_result && size !== null
      ? [{ which: 'result' as const, title: 'Result', name: name ?? id, size, sha256 }]
      : []),
    ...(sourceSize === null
      ? []
      : [
          {
            which: 'source' as const,
            title: 'Source',
            name: `${id}.zip`,
            size: sourceSize,
            sha256: build.source_sha256,
          },
        ]),
  ];
}

/**
 * The files of a build. The page asks with its key where a file is, and has the browser fetch it from there: so the key is in no
 * address, and however large it is, the file does not pass through the page.
 */
export function Files({ page, build }: { page: Page; build: Build }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const files = filesOf(build);
  const download = async (which: Which) => {
    const answer = await page.api.ask('GET /api/builds/{id}/link', { path: { id: build.id }, query: { which } });
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) saveFrom(answer.value.url);
  };
  return html`
    <section class="card panel" aria-labelledby="files">
      <h2 id="files">Files</h2>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
      ${files.length === 0 && html`<p class="muted">There are none.</p>`}
      <ul class="files">${files.map(
        ({ which, title, name, size, sha256 }) => html`
          <li key=${which}>
            <div class="file-head">
              <div class="file-name"><span class="small">${title}</span><strong>${name}</strong></div>
              <button type="button" class=${which === 'result' ? 'primary' : ''} aria-label=${`Download the ${which}`} onClick=${() => download(which)}>Download</button>
            </div>
            <p class="small" title=${`${count(size)} bytes`}>${bytes(size)}</p>
            ${sha256 !== null && html`<p class="digest"><code aria-label=${`SHA-256 of the ${which}`}>${sha256}</code><${CopyButton} page=${page} text=${sha256} what=${`the SHA-256 of the ${which}`} /></p>`}
          </li>
        `,
      )}</ul>
    </section>
  `;
}
