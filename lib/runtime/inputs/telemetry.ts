import * as z from 'zod/mini';
import {
  MAX_CPU_PERCENT,
  MAX_MEMORY_MB,
  type Sample,
  STAGES,
  TELEMETRY_TYPES,
  type TelemetryType,
} from '../../domain/telemetry.ts';
import { Rejection } from '../../domain/rejection.ts';
import { attempt, id } from '../fields.ts';

/** What is wrong with the last two is said by `telemetryOf`. The client's own time is not asked for: it may be an hour off. */
export const Telemetry = z.object({
  id,
  worker_id: z.optional(id),
  attempt,
  type: z.optional(z.unknown()),
  data: z.optional(z.unknown()),
});

const Shape = z.object({ type: z.enum(TELEMETRY_TYPES), data: z._default(z.looseObject({}), {}) });

export function telemetryOf(input: { readonly type?: unknown; readonly data?: unknown }, now: number) {
  const shape = z.safeParse(Shape, input);
  if (!shape.success) throw new Rejection('invalid_request', 'Invalid telemetry data');
  const { type, data } = shape.data;
  return { type, sample: sampleOf(type, data, now) };
}

const Figures = z.object({
  cpu_percent: z.number().check(z.gte(0), z.lte(MAX_CPU_PERCENT)),
  memory_mb: z.optional(z.number().check(z.gte(0), z.lte(MAX_MEMORY_MB))),
});

/** The figures in it, if there are any that can be true; others are no reason to refuse what they came with. */
export function sampleOf(type: TelemetryType, data: Readonly<Record<string, unknown>>, at: number): Sample | undefined {
  const figures = z.safeParse(Figures, type === 'heartbeat' ? data['metrics'] : data);
  if (!figures.success) return undefined;
  const stage = z.safeParse(z.enum(STAGES), data['stage']);
  const { cpu_percent, memory_mb } = figures.data;
  return {
    at,
    cpuPercent: toTenths(cpu_percent),
    ...(memory_mb !== undefined && { memoryMb: toTenths(memory_mb) }),
    ...(stage.success && { stage: stage.data }),
  };
}

const toTenths = (figure: number) => Math.round(figure * 10) / 10;
