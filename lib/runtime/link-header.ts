/** Where a list goes on: the same question with the cursor of the next page. No header where there is none. */
export function linkToNext(
  path: string,
  { cursor, ...asked }: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): Record<string, string> {
  if (cursor === undefined) return {};
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...asked, cursor })) {
    // A list is written as it is taken: with commas.
    if (value !== undefined) query.set(name, String(value));
  }
  return { link: `<${path}?${query}>; rel="next"` };
}
