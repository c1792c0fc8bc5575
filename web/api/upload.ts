import { Problem, problemOf } from "./problem.ts";

/**
 * Sends a file as it is and reports how much of it has left, 0 to 1. It uses
 * XMLHttpRequest because fetch does not tell how far an upload is.
 */
export function upload<T>(url: string, file: Blob, onShare: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onShare(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as T);
      else reject(problemOf(request.status, request.response));
    };
    request.onerror = () => reject(new Problem("offline", ""));
    request.onabort = () => reject(new Problem("cancelled", ""));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
