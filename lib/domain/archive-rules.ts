/** What is wrong with the name of an archive's entry, if anything: it must stay inside the folder it is unpacked into, on every system. */
export function entryNameProblem(name: string): string | undefined {
  if (name.includes('\0')) return 'NUL in an entry name';
  if (name.includes('\\')) return 'backslash in an entry name';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'absolute entry name';
  const segments = entrySegments(name);
  if (segments.includes('..')) return 'entry leaves the folder';
  return segments.some((segment) => segment === '' || segment === '.') ? 'unusable entry name' : undefined;
}

/** The path of an entry without what says nothing; a trailing slash marks a folder. */
export const entryPath = (name: string): string => entrySegments(name).join('/');

function entrySegments(name: string): string[] {
  return name
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/$/, '')
    .split('/');
}
