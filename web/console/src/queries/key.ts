import { asProblem } from "@qunying/api/problem";
import { useState } from "react";

/** A key by which the server knows a repeat of the same request. Works without HTTPS, unlike crypto.randomUUID. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export interface Keys {
  of: (request: unknown) => string;
  /** Told how the request ended; error is null where it did well. */
  settle: (error: unknown) => void;
}

/**
 * Keys for what one asks for: the same while the way to the server failed, so that
 * a repeat of what may have arrived does not count twice; a new one for anything
 * else, so that a refusal is not answered again from memory.
 */
export function keyring(): Keys {
  let held = { request: "", key: "" };
  return {
    of: (request) => {
      const now = JSON.stringify(request);
      if (held.request !== now) held = { request: now, key: newKey() };
      return held.key;
    },
    settle: (error) => {
      if (!error || !asProblem(error).passing) held = { request: "", key: "" };
    },
  };
}

export function useKeys(): Keys {
  return useState(keyring)[0];
}
