import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { storageOf } from '../browser.ts';

const PLACE = 'buildlatch.theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const TITLES: Readonly<Record<Theme, string>> = { auto: 'As the system', light: 'Light', dark: 'Dark' };

const themeOf = (text: string | null | undefined): Theme => THEMES.find((theme) => theme === text) ?? 'auto';

/** One for the whole page, wherever it is switched. */
const theme = signal<Theme>('auto');

/** Takes up what this browser remembers, and follows the switch from now on. */
export function startTheme(): void {
  const kept = storageOf('localStorage');
  theme.value = themeOf(kept?.getItem(PLACE));
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    kept?.setItem(PLACE, theme.value);
  });
}

/** The looks, as the system has them unless somebody says otherwise. */
export function ThemeSwitch() {
  const choose = (event: { currentTarget: HTMLSelectElement }) => {
    theme.value = themeOf(event.currentTarget.value);
  };
  return html`
    <select class="quiet looks" aria-label="Looks" value=${theme.value} onChange=${choose}>
      ${THEMES.map((one) => html`<option value=${one}>${TITLES[one]}</option>`)}
    </select>
  `;
}
