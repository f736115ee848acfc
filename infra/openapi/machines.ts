import * as z from 'zod/mini';
import { STAGES, TELEMETRY_TYPES } from '../../lib/domain/telemetry.ts';
import { HeldBuild } from '../../lib/runtime/inputs/holder.ts';
import { Telemetry } from '../../lib/runtime/inputs/telemetry.ts';
import { Artifact, Exchange, OneBuild } from '../../lib/runtime/inputs/vm.ts';
import { type Description, json } from './description.ts';
import { done, id, ms } from './fields.ts';

const figures = { cpu_percent: z.number(), memory_mb: z.optional(z.number()) };

const Sample = z.object({
  time: ms,
  cpu_percent: z.number(),
  memory_mb: z.nullable(z.number()),
  stage: z.nullable(z.enum(STAGES)),
});

const Status = z.union([
  z.object({ vm_ready: z.literal(false) }),
  z.object({ vm_ready: z.literal(true), vm_token: z.string(), vm_ready_at: z.iso.datetime() }),
]);

/** What a virtual machine in which a build runs calls, and what is asked about it. */
export const MACHINES = {
  'authenticate-vm': {
    summary: 'A virtual machine changes its one-time password into a token',
    details: 'For a minute the same password is answered the same token, should the answer get lost.',
    input: Exchange,
    replies: {
      200: json('A token for this attempt.', z.object({ vm_token: z.string(), expires_at: z.iso.datetime() })),
    },
    refusals: ['unreadable_record', 'build_not_found', 'otp_refused', 'contended'],
  },
  'vm-ready': {
    summary: 'The virtual machine is up',
    input: HeldBuild,
    replies: { 200: json('It is noted.', z.object({ ...done.shape, vm_ready_at: z.iso.datetime() })) },
    refusals: ['contended'],
  },
  'vm-status': {
    summary: 'Whether the virtual machine is up',
    details: '`vm_token` is good for signs of life and nothing else.',
    input: OneBuild,
    replies: { 200: json('As it is now.', Status) },
    refusals: ['unreadable_record', 'build_not_found'],
  },
  'record-telemetry': {
    summary: 'A sign of life, and what the machine is doing',
    details: 'Figures that cannot be true are dropped. Who shows no credential renews no lease.',
    input: Telemetry,
    body: z.object({
      type: z.enum(TELEMETRY_TYPES),
      data: z.optional(
        z.looseObject({
          stage: z.optional(z.enum(STAGES)),
          metrics: z.optional(z.looseObject(figures)),
          cpu_percent: z.optional(z.number()),
          memory_mb: z.optional(z.number()),
        }),
      ),
      attempt: Telemetry.shape.attempt,
      worker_id: Telemetry.shape.worker_id,
    }),
    replies: { 200: json('It goes on.', z.object({ status: z.literal('ok') })) },
    refusals: ['contended'],
    isUnlimited: true,
  },
  'read-metrics': {
    summary: 'What the machine of a build was doing, a sample for each minute',
    input: OneBuild,
    replies: { 200: json('Oldest first.', z.object({ build_id: id, samples: z.array(Sample) })) },
    refusals: [],
  },
  'upload-artifact': {
    summary: 'The result of a build, from its virtual machine: it is completed',
    input: Artifact,
    form: { files: { artifact: 'The result.' }, required: ['artifact'], without: ['upload_id'] },
    replies: { 200: json('The build is completed.', done) },
    refusals: ['upload_missing', 'payload_too_large', 'contended'],
  },
} satisfies Record<string, Description>;
