import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Looks, open, signIn, type Watched } from './browser.ts';
import { type Scene, startScene } from './scene.ts';

export interface Visits {
  readonly scene: () => Scene;
  /** Opens an address of the page as nobody. @param expected what may be in the console */
  visit(path?: string, looks?: Looks, expected?: RegExp): Promise<Watched>;
  /** Opens it, signs in (with the project's key if no other), and waits for the view's heading. */
  enter(path: string, heading: string, options?: { key?: string; looks?: Looks; expected?: RegExp }): Promise<Watched>;
}

/** A scene for the tests of a file. After each, no page may have done what no page may do. */
export function visits(): Visits {
  let scene: Scene | undefined;
  const opened: Watched[] = [];
  const started = () => {
    if (!scene) throw new Error('the scene has not been started');
    return scene;
  };
  beforeAll(async () => {
    scene = await startScene();
  });
  afterAll(() => scene?.close());
  afterEach(async () => {
    const faults = opened.flatMap((watched) => watched.faults);
    await Promise.all(opened.splice(0).map((watched) => watched.close()));
    expect(faults).toEqual([]);
  });

  async function visit(path = '/', looks: Looks = {}, expected?: RegExp): Promise<Watched> {
    const watched = await open(started().browser, `${started().url}${path}`, looks, expected);
    opened.push(watched);
    return watched;
  }

  return {
    scene: started,
    visit,
    enter: async (path, heading, { key = started().apiKey, looks, expected } = {}) => {
      const watched = await visit(path, looks, expected);
      await signIn(watched, key);
      await watched.page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      return watched;
    },
  };
}

export const LOOKS = [
  { name: 'light', looks: { theme: 'light' } },
  { name: 'dark', looks: { theme: 'dark' } },
  { name: 'narrow', looks: { theme: 'light', viewport: { width: 390, height: 844 } } },
] as const;
