import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count, plural } from '../format.ts';
import type { Page } from '../page.ts';
import { isElsewhere } from '../parts/is-elsewhere.ts';
import { ProblemNote } from '../parts/problem-note.ts';
import { saveText } from '../parts/save-file.ts';
import { useLive } from '../use-live.ts';
import { CopyLines } from './copy-lines.ts';
import { LogLevels, LogSearch, Switch } from './log-bar.ts';
import { LogList, type Range } from './log-list.ts';
import { type Boundary, createLog, LEVELS, type Level } from './log-model.ts';
import { logText } from './log-text.ts';
import { createLogReader } from './read-log.ts';
import { useSearch } from './use-search.ts';

interface Props {
  readonly page: Page;
  readonly id: string;
  /** It has not ended: more may come. */
  readonly isLive: boolean;
  readonly attempts: readonly Boundary[];
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

/** The log of a build: all of it, as it comes. */
export function LogView({ page, id, isLive, attempts }: Props) {
  const log = useMemo(() => createLog(), [id]);
  const reader = useMemo(() => createLogReader(page, id, log, pause), [log]);
  const live = useLive(page, reader.ask, reader.paceMs, [reader]);
  const [layout, setLayout] = useState(0);
  const [shown, setShown] = useState<ReadonlySet<Level>>(new Set(LEVELS));
  const [picked, setPicked] = useState<Range | undefined>(undefined);
  const follow = useSignal(true);
  const target = useSignal<{ readonly row: number } | undefined>(undefined);
  const topLine = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  // The number of lines says that there are others; the layout, that the same lines have other rows.
  const version = log.lines.length + layout;
  const goTo = (line: number) => {
    target.value = { row: log.rowOf(line) };
  };
  const searching = useSearch({ log, version, shown, topLine, goTo });

  useEffect(() => {
    log.divide(attempts);
    setLayout((number) => number + 1);
  }, [log, attempts]);
  const isOver = live.value.value?.isFinal ?? false;
  useEffect(() => {
    // It may have slowed down while nothing came.
    if (!isOver && log.lines.length > 0) void live.refresh();
  }, [isLive]);

  const show = (levels: ReadonlySet<Level>) => {
    const line = topLine.peek();
    log.show(levels);
    setShown(levels);
    setLayout((number) => number + 1);
    if (!follow.peek()) goTo(line);
  };
  const pick = (line: number, isExtending: boolean) => {
    const anchor = isExtending && picked ? picked.from : line;
    setPicked({ from: Math.min(anchor, line), to: Math.max(anchor, line) });
  };
  const save = async () => saveText(await logText(log.lines, pause), `${id}.log`);
  const onKeyDown = (event: KeyboardEvent) => {
    if (isElsewhere(event)) return;
    if (event.key === '/') input.current?.focus();
    else if (event.key === 'n' || event.key === 'N') searching.step(event.key === 'N');
    else if (event.key === 'f') follow.value = !follow.peek();
    else return;
    event.preventDefault();
  };

  const problem = live.problem.value;
  const { state, matches, place, currentLine } = searching;
  return html`
    <section class="card log" aria-labelledby="log" onKeyDown=${onKeyDown}>
      <header class="log-bar">
        <h2 id="log">Log <span class="small">${plural(log.lines.length, 'line')}${isLive && !isOver && ', more may come'}</span></h2>
        <${LogLevels} log=${log} shown=${shown} onShow=${show} />
        <div class="log-actions">
          <${Switch} isOn=${follow.value} title="Keep the last line in sight (f)" onSwitch=${(isOn: boolean) => {
            follow.value = isOn;
          }}>Follow<//>
          <${CopyLines} page=${page} log=${log} picked=${picked} onPick=${setPicked} />
          <button type="button" class="quiet" onClick=${save}>Download log</button>
        </div>
        <${LogSearch}
          inputRef=${input}
          state=${state}
          place=${place}
          matchCount=${matches.length}
          onSearch=${searching.search}
          onStep=${searching.step}
        />
      </header>
      ${problem && problem.kind !== 'away' && html`<${ProblemNote} problem=${problem} onAgain=${() => void live.refresh()} />`}
      ${log.dropped > 0 && html`<p class="banner warn">The log is longer than this page shows: ${count(log.dropped)} lines are missing at its end.</p>`}
      <${LogList}
        log=${log}
        version=${version}
        isLive=${isLive}
        follow=${follow}
        target=${target}
        topLine=${topLine}
        matches=${matches}
        currentLine=${currentLine}
        picked=${picked}
        onPick=${pick}
      />
      <p class="log-keys small">Within the log: <kbd>/</kbd> search, <kbd>n</kbd> <kbd>N</kbd> next and previous match, <kbd>f</kbd> follow, <kbd>Home</kbd> <kbd>End</kbd>. Press a line’s number, and another with <kbd>Shift</kbd>, to pick lines to copy.</p>
    </section>
  `;
}
