// Made of lib/runtime/openapi.json by `npm run openapi`; not to be edited.

/** What each endpoint takes and answers, in JSON. */
export interface Operations {
  /** Whether the controller works, and how many builds wait and run. */
  "GET /health": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly status: "ok";
      readonly queue: {
        readonly pending: number;
        readonly active: number;
      };
      readonly storage: Readonly<Record<string, unknown>>;
    };
  };
  /** Whether the controller works, and how many builds wait and run. */
  "GET /api/health": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly status: "ok";
      readonly queue: {
        readonly pending: number;
        readonly active: number;
      };
      readonly storage: Readonly<Record<string, unknown>>;
    };
  };
  /** Figures that anybody may see. */
  "GET /api/stats": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly nodesOnline: number;
      readonly buildsQueued: number;
      readonly activeBuilds: number;
      readonly buildsToday: number;
      readonly totalBuilds: number;
      readonly totalBuildTimeMs: number;
      readonly totalCpuCycles: number;
    };
  };
  /** Figures that anybody may see. */
  "GET /public/stats": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly nodesOnline: number;
      readonly buildsQueued: number;
      readonly activeBuilds: number;
      readonly buildsToday: number;
      readonly totalBuilds: number;
      readonly totalBuildTimeMs: number;
      readonly totalCpuCycles: number;
    };
  };
  /** Begins the upload of a source. */
  "POST /api/uploads": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly size: number;
      readonly sha256: string;
      readonly parts?: {
        readonly size: number;
        readonly sha256s: readonly string[];
      } | undefined;
      readonly reuse?: "now" | "later" | undefined;
    };
    answer: {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly part_size: number;
      readonly part_count: number;
      readonly missing_parts: number;
      readonly parts: readonly {
        readonly number: number;
        readonly size: number;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly expires_at: number;
      }[];
    } | {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly expires_at: number;
    } | {
      readonly upload_id: string;
      readonly is_stored: true;
    };
  };
  /** What is missing of an upload in parts. */
  "GET /api/uploads/{upload_id}": {
    path: {
      readonly upload_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly part_size: number;
      readonly part_count: number;
      readonly missing_parts: number;
      readonly parts: readonly {
        readonly number: number;
        readonly size: number;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly expires_at: number;
      }[];
    };
  };
  /** Gives an upload in parts up. */
  "DELETE /api/uploads/{upload_id}": {
    path: {
      readonly upload_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly success: true;
    };
  };
  /** Joins the parts of an upload. */
  "POST /api/uploads/{upload_id}/complete": {
    path: {
      readonly upload_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly upload_id: string;
      readonly size: number;
      readonly sha256: string;
    };
  };
  /** Begins the upload of a result. */
  "POST /api/builds/{id}/uploads": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly size: number;
      readonly sha256: string;
      readonly parts?: {
        readonly size: number;
        readonly sha256s: readonly string[];
      } | undefined;
      readonly filename?: string | undefined;
    };
    answer: {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly part_size: number;
      readonly part_count: number;
      readonly missing_parts: number;
      readonly parts: readonly {
        readonly number: number;
        readonly size: number;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly expires_at: number;
      }[];
    } | {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly expires_at: number;
    };
  };
  /** What is missing of an upload in parts. */
  "GET /api/builds/{id}/uploads/{upload_id}": {
    path: {
      readonly id: string;
      readonly upload_id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    body: undefined;
    answer: {
      readonly upload_id: string;
      readonly method: "PUT";
      readonly part_size: number;
      readonly part_count: number;
      readonly missing_parts: number;
      readonly parts: readonly {
        readonly number: number;
        readonly size: number;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly expires_at: number;
      }[];
    };
  };
  /** Gives an upload in parts up. */
  "DELETE /api/builds/{id}/uploads/{upload_id}": {
    path: {
      readonly id: string;
      readonly upload_id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    body: undefined;
    answer: {
      readonly success: true;
    };
  };
  /** Joins the parts of an upload. */
  "POST /api/builds/{id}/uploads/{upload_id}/complete": {
    path: {
      readonly id: string;
      readonly upload_id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    answer: {
      readonly upload_id: string;
      readonly size: number;
      readonly sha256: string;
    };
  };
  /** Submits a build. */
  "POST /api/builds/submit": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly platform: "ios" | "android";
      readonly upload_id?: string | undefined;
      readonly labels?: readonly string[] | string | undefined;
      readonly priority?: number | string | undefined;
      readonly certs?: string | undefined;
      readonly certs_password?: string | undefined;
      readonly profiles?: readonly string[] | undefined;
    };
    answer: {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed";
      readonly platform: "ios" | "android";
      readonly submitted_at: number;
      readonly access_token: string;
    };
  };
  /** Lists builds, newest first. */
  "GET /api/builds": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly limit?: string | undefined;
      readonly cursor?: string | undefined;
      readonly status?: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled" | undefined;
      readonly platform?: "ios" | "android" | undefined;
      readonly worker_id?: string | undefined;
      readonly label?: string | undefined;
      readonly text?: string | undefined;
      readonly submitted_after?: string | undefined;
      readonly submitted_before?: string | undefined;
    };
    body: undefined;
    answer: readonly {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled";
      readonly platform: "ios" | "android";
      readonly createdAt: string;
      readonly completedAt?: string | undefined;
      readonly labels: readonly string[];
      readonly priority: number;
      readonly submitted_at: number;
      readonly queued_at: number;
      readonly started_at: number | null;
      readonly building_since: number | null;
      readonly completed_at: number | null;
      readonly attempt: number;
      readonly spent_attempts: number;
      readonly worker_id: string | null;
      readonly worker_name: string | null;
      readonly failure_kind: "build" | "upload" | "lost_worker" | "timeout_queue" | "timeout_build" | "source_missing" | "unreadable" | "undeliverable" | "cancelled" | null;
      readonly error_message: string | null;
      readonly submitted_by: string | null;
      readonly original_build_id: string | null;
    }[];
  };
  /** Submits a build. */
  "POST /api/builds": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly platform: "ios" | "android";
      readonly upload_id?: string | undefined;
      readonly labels?: readonly string[] | string | undefined;
      readonly priority?: number | string | undefined;
      readonly certs?: string | undefined;
      readonly certs_password?: string | undefined;
      readonly profiles?: readonly string[] | undefined;
    };
    answer: {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed";
      readonly platform: "ios" | "android";
      readonly submitted_at: number;
      readonly access_token: string;
    };
  };
  /** The builds that are assigned or being built. */
  "GET /api/builds/active": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly builds: readonly {
        readonly id: string;
        readonly status: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled";
        readonly platform: "ios" | "android";
        readonly worker_id: string | null;
        readonly started_at: number | null;
        readonly worker_name: string | null;
        readonly attempt: number;
        readonly submitted_at: number;
        readonly building_since: number | null;
        readonly lease_until: number | null;
        readonly last_heartbeat_at: number | null;
        readonly stage: "initializing" | "running" | "building" | "compiling" | "linking" | "archiving" | "exporting" | null;
        readonly progress: number | null;
        readonly labels: readonly string[];
        readonly priority: number;
      }[];
    };
  };
  /** How many builds are in each state. */
  "GET /api/builds/statistics": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly total: number;
      readonly pending: number;
      readonly assigned: number;
      readonly building: number;
      readonly completed: number;
      readonly failed: number;
      readonly cancelled: number;
    };
  };
  /** The whole record of a build. */
  "GET /api/builds/{id}": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed";
      readonly state: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled";
      readonly platform: "ios" | "android";
      readonly worker_id: string | null;
      readonly attempt: number;
      readonly spent_attempts: number;
      readonly max_attempts: number;
      readonly submitted_at: number;
      readonly started_at: number | null;
      readonly completed_at: number | null;
      readonly error_message: string | null;
      readonly failure_kind: "build" | "upload" | "lost_worker" | "timeout_queue" | "timeout_build" | "source_missing" | "unreadable" | "undeliverable" | "cancelled" | null;
      readonly result_sha256: string | null;
      readonly result_size: number | null;
      readonly result_filename: string | null;
      readonly labels: readonly string[];
      readonly priority: number;
      readonly original_build_id?: string | undefined;
      readonly worker_name: string | null;
      readonly queued_at: number;
      readonly building_since: number | null;
      readonly lease_until: number | null;
      readonly source_size: number | null;
      readonly source_sha256: string | null;
      readonly has_result: boolean;
      readonly submitted_by: string | null;
    };
  };
  /** How a build stands. */
  "GET /api/builds/{id}/status": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed";
      readonly state: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled";
      readonly platform: "ios" | "android";
      readonly worker_id: string | null;
      readonly attempt: number;
      readonly spent_attempts: number;
      readonly max_attempts: number;
      readonly submitted_at: number;
      readonly started_at: number | null;
      readonly completed_at: number | null;
      readonly error_message: string | null;
      readonly failure_kind: "build" | "upload" | "lost_worker" | "timeout_queue" | "timeout_build" | "source_missing" | "unreadable" | "undeliverable" | "cancelled" | null;
      readonly result_sha256: string | null;
      readonly result_size: number | null;
      readonly result_filename: string | null;
      readonly labels: readonly string[];
      readonly priority: number;
      readonly original_build_id?: string | undefined;
    };
  };
  /** The log of a build. */
  "GET /api/builds/{id}/logs": {
    path: {
      readonly id: string;
    };
    query: {
      readonly cursor?: string | undefined;
      readonly limit?: string | undefined;
    };
    body: undefined;
    answer: {
      readonly build_id: string;
      readonly logs: readonly {
        readonly timestamp: number;
        readonly level: "info" | "warn" | "error" | "debug";
        readonly message: string;
      }[];
      readonly next_cursor?: string | undefined;
      readonly is_final: boolean;
    };
  };
  /** Adds to the log of a build: a line, or a batch. */
  "POST /api/builds/{id}/logs": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly level: "info" | "warn" | "error";
      readonly message: string;
      readonly attempt?: number | string | undefined;
      readonly worker_id?: string | undefined;
      readonly first_line?: number | undefined;
    } | {
      readonly logs: readonly {
        readonly level: "info" | "warn" | "error";
        readonly message: string;
      }[];
      readonly attempt?: number | string | undefined;
      readonly worker_id?: string | undefined;
      readonly first_line?: number | undefined;
    };
    answer: {
      readonly success: true;
      readonly count?: number | undefined;
    };
  };
  /** Where a file of a build can be fetched without a credential. */
  "GET /api/builds/{id}/link": {
    path: {
      readonly id: string;
    };
    query: {
      readonly which?: "result" | "source" | undefined;
    };
    body: undefined;
    answer: {
      readonly url: string;
      readonly filename: string;
      readonly size: number;
      readonly sha256: string;
    };
  };
  /** The signing material as JSON, for the worker that holds the build. */
  "GET /api/builds/{id}/certs-secure": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    body: undefined;
    answer: {
      readonly p12: string;
      readonly p12Password: string;
      readonly keychainPassword: string;
      readonly provisioningProfiles: readonly string[];
    };
  };
  /** Cancels a build. */
  "POST /api/builds/{id}/cancel": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly success: true;
      readonly status: "cancelled";
    };
  };
  /** The worker is alive: renews its lease. */
  "POST /api/builds/{id}/heartbeat": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly build_id?: string | undefined;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly progress?: number | undefined;
    };
    answer: {
      readonly status: "ok";
      readonly timestamp: number;
      readonly lease_until: number;
    };
  };
  /** The worker is alive: renews its lease. */
  "POST /api/workers/heartbeat": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly id?: string | undefined;
      readonly build_id?: string | undefined;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly progress?: number | undefined;
    };
    answer: {
      readonly status: "ok";
      readonly timestamp: number;
      readonly lease_until: number;
    };
  };
  /** A sign of life, and what the machine is doing. */
  "POST /api/builds/{id}/telemetry": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly type: "monitor_started" | "heartbeat" | "cpu_snapshot";
      readonly data?: {
        readonly stage?: "initializing" | "running" | "building" | "compiling" | "linking" | "archiving" | "exporting" | undefined;
        readonly metrics?: {
          readonly cpu_percent: number;
          readonly memory_mb?: number | undefined;
        } | undefined;
        readonly cpu_percent?: number | undefined;
        readonly memory_mb?: number | undefined;
      } | undefined;
      readonly attempt?: number | string | undefined;
      readonly worker_id?: string | undefined;
    };
    answer: {
      readonly status: "ok";
    };
  };
  /** What the machine of a build was doing, a sample for each minute. */
  "GET /api/builds/{id}/metrics": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly build_id: string;
      readonly samples: readonly {
        readonly time: number;
        readonly cpu_percent: number;
        readonly memory_mb: number | null;
        readonly stage: "initializing" | "running" | "building" | "compiling" | "linking" | "archiving" | "exporting" | null;
      }[];
    };
  };
  /** A virtual machine changes its one-time password into a token. */
  "POST /api/builds/{id}/authenticate": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: {
      readonly otp: string;
    };
    answer: {
      readonly vm_token: string;
      readonly expires_at: string;
    };
  };
  /** The virtual machine is up. */
  "POST /api/builds/{id}/vm-ready": {
    path: {
      readonly id: string;
    };
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    answer: {
      readonly success: true;
      readonly vm_ready_at: string;
    };
  };
  /** Whether the virtual machine is up. */
  "GET /api/builds/{id}/vm-status": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly vm_ready: false;
    } | {
      readonly vm_ready: true;
      readonly vm_token: string;
      readonly vm_ready_at: string;
    };
  };
  /** The result of a build, from its virtual machine: it is completed. */
  "POST /api/builds/{id}/artifact": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: {
      readonly attempt?: number | string | undefined;
      readonly upload_id?: string | undefined;
    };
    answer: {
      readonly success: true;
    };
  };
  /** Builds the same source once more, as a new build. */
  "POST /api/builds/{id}/retry": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: {
      readonly certs?: string | undefined;
      readonly certs_password?: string | undefined;
      readonly profiles?: readonly string[] | undefined;
    };
    answer: {
      readonly id: string;
      readonly status: "pending" | "assigned" | "building" | "completed" | "failed";
      readonly platform: "ios" | "android";
      readonly submitted_at: number;
      readonly access_token: string;
      readonly original_build_id: string;
    };
  };
  /** What happened to a build, step by step. */
  "GET /api/builds/{id}/events": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly build_id: string;
      readonly events: readonly {
        readonly type: "submitted" | "assigned" | "started" | "certs_read" | "requeued" | "given_back" | "completed" | "failed" | "cancelled" | "retried";
        readonly at: number;
        readonly attempt: number;
        readonly by: string;
        readonly kind?: "build" | "upload" | "lost_worker" | "timeout_queue" | "timeout_build" | "source_missing" | "unreadable" | "undeliverable" | "cancelled" | undefined;
        readonly why?: string | undefined;
      }[];
    };
  };
  /** Lists API keys. */
  "GET /api/keys": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly keys: readonly {
        readonly id: string;
        readonly name: string;
        readonly scopes: readonly ("admin" | "read" | "submit" | "work" | "work-any")[];
        readonly state: "active" | "expired" | "revoked";
        readonly created_at: number;
        readonly created_by: string;
        readonly expires_at: number | null;
        readonly revoked_at: number | null;
        readonly revoked_by: string | null;
      }[];
    };
  };
  /** Makes an API key. */
  "POST /api/keys": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly name: string;
      readonly scopes: readonly ("admin" | "read" | "submit" | "work" | "work-any")[];
      readonly expires_days?: number | undefined;
    };
    answer: {
      readonly id: string;
      readonly name: string;
      readonly scopes: readonly ("admin" | "read" | "submit" | "work" | "work-any")[];
      readonly state: "active" | "expired" | "revoked";
      readonly created_at: number;
      readonly created_by: string;
      readonly expires_at: number | null;
      readonly revoked_at: number | null;
      readonly revoked_by: string | null;
      readonly key: string;
    };
  };
  /** What the key that is sent may do. */
  "GET /api/keys/self": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly name: string | null;
      readonly scopes: readonly ("admin" | "read" | "submit" | "work" | "work-any")[];
      readonly expires_at: number | null;
    };
  };
  /** Revokes an API key. */
  "POST /api/keys/{id}/revoke": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly name: string;
      readonly scopes: readonly ("admin" | "read" | "submit" | "work" | "work-any")[];
      readonly state: "active" | "expired" | "revoked";
      readonly created_at: number;
      readonly created_by: string;
      readonly expires_at: number | null;
      readonly revoked_at: number | null;
      readonly revoked_by: string | null;
    };
  };
  /** Registers a worker, or registers it again under its id. */
  "POST /api/workers/register": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly name: string;
      readonly capabilities: Readonly<Record<string, unknown>>;
      readonly labels?: readonly string[] | string | undefined;
      readonly id?: string | undefined;
      readonly active_build_count?: number | undefined;
    };
    answer: {
      readonly id: string;
      readonly workerID: string;
      readonly access_token: string;
      readonly status: "registered" | "re-registered";
      readonly message: string;
      readonly lease_seconds: number;
      readonly heartbeat_seconds: number;
      readonly next_poll_ms: number;
    };
  };
  /** A worker leaves; what it holds goes back to the queue. */
  "POST /api/workers/unregister": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly worker_id?: string | undefined;
    };
    answer: {
      readonly success: true;
      readonly message: string;
      readonly builds_reassigned: number;
    };
  };
  /** A worker leaves; what it holds goes back to the queue. */
  "POST /api/workers/{worker_id}/unregister": {
    path: {
      readonly worker_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly success: true;
      readonly message: string;
      readonly builds_reassigned: number;
    };
  };
  /** Lists workers, newest first. */
  "GET /api/workers": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly limit?: string | undefined;
      readonly cursor?: string | undefined;
    };
    body: undefined;
    answer: {
      readonly workers: readonly {
        readonly id: string;
        readonly name: string;
        readonly state: "idle" | "building" | "offline" | "draining" | "quarantined";
        readonly is_draining: boolean;
        readonly quarantined_until: number | null;
        readonly capabilities: {
          readonly platforms: readonly ("ios" | "android")[];
        };
        readonly labels: readonly string[];
        readonly registered_at: number;
        readonly last_seen_at: number;
        readonly current_build_id: string | null;
        readonly current_attempt: number | null;
        readonly completed_builds: number;
        readonly failed_builds: number;
        readonly mean_build_ms: number | null;
      }[];
    };
  };
  /** What a worker has done. */
  "GET /api/workers/{worker_id}/stats": {
    path: {
      readonly worker_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly totalBuilds: number;
      readonly successfulBuilds: number;
      readonly failedBuilds: number;
      readonly workerName: string;
      readonly status: "idle" | "building" | "offline";
      readonly uptime: string;
    };
  };
  /** What a worker found when it looked at its own machine. */
  "POST /api/diagnostics/report": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: {
      readonly worker_id: string;
      readonly status: string;
      readonly duration_ms: number;
      readonly auto_fixed?: unknown | undefined;
      readonly checks: unknown;
    };
    answer: {
      readonly id: string;
      readonly status: "stored";
    };
  };
  /** Reports of a worker, newest first. */
  "GET /api/diagnostics/{worker_id}": {
    path: {
      readonly worker_id: string;
    };
    query: {
      readonly limit?: string | undefined;
    };
    body: undefined;
    answer: {
      readonly worker_id: string;
      readonly reports: readonly {
        readonly id: string;
        readonly worker_id: string;
        readonly status: "healthy" | "warning" | "critical";
        readonly run_at: number;
        readonly duration_ms: number;
        readonly auto_fixed: boolean;
        readonly checks: readonly {
          readonly name: string;
          readonly status: "pass" | "warn" | "fail";
          readonly message: string;
          readonly duration_ms: number;
          readonly auto_fixed: boolean;
          readonly details?: Readonly<Record<string, string>> | undefined;
        }[];
      }[];
    };
  };
  /** The newest report of a worker. */
  "GET /api/diagnostics/{worker_id}/latest": {
    path: {
      readonly worker_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly worker_id: string;
      readonly status: "healthy" | "warning" | "critical";
      readonly run_at: number;
      readonly duration_ms: number;
      readonly auto_fixed: boolean;
      readonly checks: readonly {
        readonly name: string;
        readonly status: "pass" | "warn" | "fail";
        readonly message: string;
        readonly duration_ms: number;
        readonly auto_fixed: boolean;
        readonly details?: Readonly<Record<string, string>> | undefined;
      }[];
    };
  };
  /** Gives a worker no more builds. */
  "POST /api/workers/{worker_id}/drain": {
    path: {
      readonly worker_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: {
      readonly draining?: boolean | undefined;
    };
    answer: {
      readonly success: true;
      readonly draining: boolean;
    };
  };
  /** Ends a worker: its tokens open nothing more, and what it holds goes back to the queue. */
  "POST /api/workers/{worker_id}/revoke": {
    path: {
      readonly worker_id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly success: true;
      readonly builds_reassigned: number;
    };
  };
  /** Gives a build back to the queue. */
  "POST /api/workers/abandon": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly build_id: string;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
    };
    answer: {
      readonly success: true;
      readonly message: string;
    };
  };
  /** Asks for a build. */
  "GET /api/workers/poll": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: undefined;
    answer: {
      readonly job: {
        readonly id: string;
        readonly platform: "ios" | "android";
        readonly source_url: string;
        readonly certs_url: string | null;
        readonly submitted_at: number;
        readonly otp: string;
        readonly attempt: number;
        readonly max_attempts: number;
        readonly source_size: number;
        readonly source_sha256: string;
        readonly lease_until: number;
        readonly heartbeat_seconds: number;
      } | null;
      readonly access_token?: string | undefined;
      readonly next_poll_ms: number;
    };
  };
  /** The end of a build, as its worker reports it. */
  "POST /api/workers/upload": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly build_id: string;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly success?: boolean | "true" | "false" | undefined;
      readonly error_message?: string | undefined;
      readonly failure_kind?: "build" | "upload" | undefined;
      readonly upload_id?: string | undefined;
    };
    answer: {
      readonly status: "success" | "failed";
      readonly success: true;
      readonly message: string;
    };
  };
  /** The end of a build, as its worker reports it. */
  "POST /api/workers/result": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly build_id: string;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly success?: boolean | "true" | "false" | undefined;
      readonly error_message?: string | undefined;
      readonly failure_kind?: "build" | "upload" | undefined;
      readonly upload_id?: string | undefined;
    };
    answer: {
      readonly status: "success" | "failed";
      readonly success: true;
      readonly message: string;
    };
  };
  /** The build has failed. */
  "POST /api/workers/fail": {
    path: Readonly<Record<string, never>>;
    query: {
      readonly worker_id?: string | undefined;
    };
    body: {
      readonly build_id: string;
      readonly worker_id?: string | undefined;
      readonly attempt?: number | string | undefined;
      readonly error?: string | undefined;
      readonly failure_kind?: "build" | "upload" | undefined;
    };
    answer: {
      readonly status: "failed";
      readonly success: true;
    };
  };
  /** Shows messages that were put aside, and leaves them there. */
  "GET /api/dead-letters": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly dead_letters: readonly {
        readonly message_id: string;
        readonly build_id: string | null;
        readonly attempt: number | null;
        readonly platform: "ios" | "android" | null;
        readonly sent_at: number;
        readonly receives: number;
      }[];
      readonly may_have_more: boolean;
    };
  };
  /** Brings builds whose messages were put aside back to the workers. */
  "POST /api/dead-letters/redrive": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly redriven: number;
      readonly deleted: number;
      readonly malformed: number;
      readonly failed: number;
      readonly may_have_more: boolean;
    };
  };
  /** Where a waiting build stands. */
  "GET /api/builds/{id}/queue": {
    path: {
      readonly id: string;
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly id: string;
      readonly state: "pending" | "assigned" | "building" | "completed" | "failed" | "cancelled";
      readonly ahead: number | null;
      readonly may_be_more: boolean | null;
      readonly workers: number | null;
      readonly usual_build_ms: number | null;
      readonly starts_in_ms: number | null;
      readonly paused: {
        readonly reason: string;
        readonly since: number;
      } | null;
    };
  };
  /** How the queue of each platform stands. */
  "GET /api/queues": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly queues: readonly {
        readonly platform: "ios" | "android";
        readonly waiting: number;
        readonly may_be_more: boolean;
        readonly oldest_waiting_since: number | null;
        readonly without_worker: number;
        readonly running: number;
        readonly workers: {
          readonly idle: number;
          readonly building: number;
        };
        readonly paused: {
          readonly reason: string;
          readonly since: number;
          readonly by: string;
        } | null;
      }[];
    };
  };
  /** Hands out no more builds of a platform. */
  "POST /api/queues/{platform}/pause": {
    path: {
      readonly platform: "ios" | "android";
    };
    query: Readonly<Record<string, never>>;
    body: {
      readonly reason: string;
    };
    answer: {
      readonly platform: "ios" | "android";
      readonly paused: {
        readonly reason: string;
        readonly since: number;
        readonly by: string;
      } | null;
    };
  };
  /** Hands out builds of a platform again. */
  "POST /api/queues/{platform}/resume": {
    path: {
      readonly platform: "ios" | "android";
    };
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly platform: "ios" | "android";
      readonly paused: {
        readonly reason: string;
        readonly since: number;
        readonly by: string;
      } | null;
    };
  };
  /** This document. */
  "GET /openapi.json": {
    path: Readonly<Record<string, never>>;
    query: Readonly<Record<string, never>>;
    body: undefined;
    answer: {
      readonly openapi: string;
    };
  };
}

/** Why the controller refuses; never renamed. */
export type ErrorCode =
  | "already_finished"
  | "build_cancelled"
  | "build_finished"
  | "build_not_completed"
  | "build_not_found"
  | "certs_gone"
  | "certs_not_found"
  | "contended"
  | "internal_error"
  | "invalid_certs"
  | "invalid_credential"
  | "invalid_request"
  | "key_not_found"
  | "lease_lost"
  | "missing_credential"
  | "not_assigned"
  | "not_finished"
  | "not_found"
  | "otp_refused"
  | "payload_too_large"
  | "rate_limited"
  | "repeated_differently"
  | "request_timeout"
  | "result_not_found"
  | "scope_missing"
  | "source_gone"
  | "source_missing"
  | "unavailable"
  | "unreadable_record"
  | "upload_damaged"
  | "upload_incomplete"
  | "upload_missing"
  | "upload_not_found"
  | "vm_token_invalid"
  | "worker_not_found"
  | "worker_token_invalid"
  | "wrong_state";
