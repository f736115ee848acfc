const MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `45m`, `2h`, `7d`; a bare number is seconds. Undefined for anything else, and for no time at all. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*([smhd])?$/.exec(text.trim()) ?? [];
  const ms = Number(number) * MS[unit as keyof typeof MS];
  return ms > 0 ? ms : undefined;
}
