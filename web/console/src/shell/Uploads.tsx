import { asProblem, type Problem } from "@qunying/api/problem";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";
import { imports, uploadFile } from "../queries.ts";
import { useHere } from "./useHere.ts";

/** A file on its way to the server. It goes on while other pages are looked at. */
export interface Upload {
  key: number;
  name: string;
  size: number; // bytes
  share: number; // 0 to 1
  problem?: Problem;
}

interface Uploads {
  list: Upload[];
  add: (files: File[], onDone?: (importId: number) => void) => void;
  dismiss: (key: number) => void;
}

const Context = createContext<Uploads | null>(null);

export function UploadsProvider({ children }: { children: ReactNode }) {
  const { community } = useHere();
  const client = useQueryClient();
  const [list, setList] = useState<Upload[]>([]);
  const running = useRef(new Map<number, AbortController>());
  const next = useRef(1);

  const add = useCallback(
    (files: File[], onDone?: (importId: number) => void) => {
      for (const file of files) {
        const key = next.current++;
        const controller = new AbortController();
        running.current.set(key, controller);
        setList((all) => [...all, { key, name: file.name, size: file.size, share: 0 }]);
        const change = (part: Partial<Upload>) =>
          setList((all) => all.map((u) => (u.key === key ? { ...u, ...part } : u)));
        uploadFile(community, file, (share) => change({ share }), controller.signal)
          .then(({ import: made }) => {
            setList((all) => all.filter((u) => u.key !== key));
            void client.invalidateQueries({ queryKey: imports(community).queryKey });
            onDone?.(made.id);
          })
          .catch((thrown: unknown) => {
            const problem = asProblem(thrown);
            if (problem.code === "cancelled") setList((all) => all.filter((u) => u.key !== key));
            else change({ problem });
          })
          .finally(() => running.current.delete(key));
      }
    },
    [client, community],
  );

  const dismiss = useCallback((key: number) => {
    running.current.get(key)?.abort();
    setList((all) => all.filter((u) => u.key !== key));
  }, []);

  const value = useMemo(() => ({ list, add, dismiss }), [list, add, dismiss]);
  return <Context value={value}>{children}</Context>;
}

export function useUploads(): Uploads {
  const value = use(Context);
  if (!value) throw new Error("UploadsProvider is missing");
  return value;
}
