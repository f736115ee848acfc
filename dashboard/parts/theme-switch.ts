import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { storageOf } from '../browser.ts';

const PLACE = 'buildlatch.theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const TITLES: Readonly<Record<Theme, string>> = { auto: 'As the system', light: 'Light', dark: 'Dark' };

const kept = (): Theme => THEMES.find((theme) => theme === storageOf('localStorage')?.getItem(PLACE)) ?? 'auto';

/** The looks, as the system has them unless somebody says otherwise; remembered in this browser. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    storageOf('localStorage')?.setItem(PLACE, theme);
  }, [theme]);
  const choose = (event: { currentTarget: HTMLSelectElement }) =>
    setTheme(THEMES.find((one) => one === event.currentTarget.value) ?? 'auto');
  return html`
    <select class="quiet" aria-label="Looks" value=${theme} onChange=${choose}>
      ${THEMES.map((one) => html`<option value=${one}>${TITLES[one]}</option>`)}
    </select>
  `;
}
