import { html } from 'htm/preact';
import type { Ref } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format.ts';
import { LEVELS, type Level, type LogModel } from './log-model.ts';
import type { Query } from './match.ts';
import type { SearchState } from './search.ts';

interface SearchProps {
  readonly inputRef: Ref<HTMLInputElement>;
  readonly state: SearchState;
  /** Where among the matches one stands, from 1; 0: nowhere yet. */
  readonly place: number;
  readonly matchCount: number;
  readonly onSearch: (query: Query | undefined) => void;
  readonly onStep: (isBackwards: boolean) => void;
}

/** The search field, its two switches, and the way from match to match. */
export function LogSearch({ inputRef, state, place, matchCount, onSearch, onStep }: SearchProps) {
  const [query, setQuery] = useState<Query>({ text: '', isRegex: false, matchCase: false });
  const ask = (changes: Partial<Query>) => {
    const next = { ...query, ...changes };
    setQuery(next);
    onSearch(next.text === '' ? undefined : next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') onStep(event.shiftKey);
    else if (event.key === 'Escape') ask({ text: '' });
    else return;
    event.preventDefault();
  };
  const onInput = (event: { currentTarget: HTMLInputElement }) => ask({ text: event.currentTarget.value });
  return html`
    <div class="log-search" role="search" aria-label="The log">
      <input
        ref=${inputRef}
        type="search"
        placeholder="Search the log"
        aria-label="Search the log"
        aria-invalid=${state.error !== undefined}
        aria-describedby="log-found"
        value=${query.text}
        onInput=${onInput}
        onKeyDown=${onKeyDown}
      />
      <${Switch} isOn=${query.matchCase} title="Match case" label="Match case" onSwitch=${(matchCase: boolean) => ask({ matchCase })}>Aa<//>
      <${Switch} isOn=${query.isRegex} title="Regular expression" label="Regular expression" onSwitch=${(isRegex: boolean) => ask({ isRegex })}>.*<//>
      <button type="button" class="quiet" aria-label="Previous match" disabled=${matchCount === 0} onClick=${() => onStep(true)}>↑</button>
      <button type="button" class="quiet" aria-label="Next match" disabled=${matchCount === 0} onClick=${() => onStep(false)}>↓</button>
      <span id="log-found" class=${state.error === undefined ? 'log-found' : 'log-found problem'} role="status">${foundText(state, place, matchCount)}</span>
    </div>
  `;
}

function foundText({ query, error, isRunning, isCut }: SearchState, place: number, matchCount: number): string {
  if (error !== undefined) return error;
  if (!query) return '';
  const all = `${count(matchCount)}${isCut ? '+' : ''}`;
  if (matchCount === 0) return isRunning ? 'Searching …' : 'Nothing found';
  return `${place > 0 ? `${count(place)} of ${all}` : `${all} lines`}${isRunning ? ' …' : ''}`;
}

interface LevelProps {
  readonly log: LogModel;
  readonly shown: ReadonlySet<Level>;
  readonly onShow: (levels: ReadonlySet<Level>) => void;
}

/** Which levels are shown, with how many lines each has; of one that has none nothing is said. */
export function LogLevels({ log, shown, onShow }: LevelProps) {
  const present = LEVELS.filter((level) => log.counts[level] > 0);
  const toggle = (level: Level) => onShow(new Set(LEVELS.filter((one) => (one === level) !== shown.has(one))));
  return html`
    <div class="log-levels" role="group" aria-label="Levels">${present.map(
      (level) => html`
        <${Switch} key=${level} isOn=${shown.has(level)} title=${`Lines of the level ${level}`} onSwitch=${() => toggle(level)}>
          <span class=${`log-dot ${level}`}></span>${level} <span class="small">${count(log.counts[level])}</span>
        <//>
      `,
    )}</div>
  `;
}

interface SwitchProps {
  readonly isOn: boolean;
  readonly title: string;
  /** Its name, where what it shows is a sign. */
  readonly label?: string;
  readonly onSwitch: (isOn: boolean) => void;
  readonly children: unknown;
}

export const Switch = ({ isOn, title, label, onSwitch, children }: SwitchProps) => html`
  <button type="button" class="switch" aria-pressed=${isOn} aria-label=${label} title=${title} onClick=${() => onSwitch(!isOn)}>${children}</button>
`;
