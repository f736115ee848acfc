/**
 * Whether `Accept-Encoding` takes a coding: by its name or, where that is not in it, by `*`; a weight of 0 refuses it. Without the
 * header it takes none, as who sends none is seldom able to unpack.
 */
export function accepts(header: string | undefined, coding: 'br' | 'gzip'): boolean {
  const weights = new Map((header ?? '').toLowerCase().split(',').map(weighed));
  return (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
}

function weighed(offer: string): readonly [coding: string, weight: number] {
  const [coding = '', ...parameters] = offer.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return [coding, weight === undefined ? 1 : Number(weight.slice(2))];
}
