/** Why the server, or the way to it, refused. */
export class Problem extends Error {
  /** The server's type of problem, or signed_out, offline, cancelled. */
  readonly code: string;
  readonly hint: string;
  readonly status: number;
  /** What the chat platform answered instead, by its own number; 0 where it did not. */
  readonly platform: number;

  constructor(code: string, text: string, hint = "", status = 0, platform = 0) {
    super(text);
    this.name = "Problem";
    this.code = code;
    this.hint = hint;
    this.status = status;
    this.platform = platform;
  }

  /** Whether the same request may succeed later without anybody changing anything. */
  get passing(): boolean {
    return this.code === "unavailable" || this.code === "offline";
  }
}

const codes: Record<number, string> = {
  400: "invalid",
  401: "signed_out",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  422: "invalid",
  429: "throttled",
  501: "unsupported",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** Reads a problem (RFC 9457) out of an answer that is not a success. */
export function problemOf(status: number, body: unknown): Problem {
  const b = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (key: string) => (typeof b[key] === "string" ? (b[key] as string) : "");
  const details = Array.isArray(b.errors)
    ? b.errors.map((e: { message?: string; location?: string }) => [e.location, e.message].filter(Boolean).join(": "))
    : [];
  const code =
    status === 401 && text("type") !== "second_factor" ? "signed_out" : text("type") || codes[status] || "internal";
  return new Problem(
    code,
    text("detail") || text("title"),
    text("hint") || details.join("; "),
    status,
    Number(b.platform_code) || 0,
  );
}

/** Any thrown thing as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) return new Problem("offline", "");
  return new Problem("internal", thrown instanceof Error ? thrown.message : String(thrown));
}
