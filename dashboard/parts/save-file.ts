/** Has the browser save what is at an address: the controller's, which says that it is an attachment. */
export function saveFrom(url: string): void {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('the address of a file is one of the web');
  click(url, '');
}

/** Has the browser save text. */
export function saveText(parts: readonly string[], filename: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: 'text/plain;charset=utf-8' }));
  click(url, filename);
  // The browser has begun to read by the time that any task of a later turn runs.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function click(url: string, filename: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.rel = 'noreferrer';
  link.click();
}
