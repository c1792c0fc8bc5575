import type { UseQueryResult } from "@tanstack/react-query";
import type { ComponentType, ReactNode } from "react";
import { Panel } from "./Panel.tsx";
import { Empty, Loading } from "./states.tsx";

interface Props<T> {
  title: string;
  note: string;
  list: UseQueryResult<T[]>;
  /** What makes a first or another one; beside the title, or below the words while there is none. */
  add?: ReactNode;
  /** What is said while there is none. */
  none: { title: string; teach: string };
  /** Says why the list could not be had. */
  refused: ComponentType<{ error: unknown; onRetry: () => void }>;
  children: (list: T[]) => ReactNode;
  /** The sheets that are open. */
  sheets?: ReactNode;
}

/** A panel of things that people make and remove: loading, refused, empty, or the list. */
export function ListPanel<T>({ title, note, list, add, none, refused: Refused, children, sheets }: Props<T>) {
  const { data, error, refetch } = list;
  return (
    <Panel title={title} note={note} actions={data?.length ? add : undefined}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={5} />
      ) : data.length === 0 ? (
        <Empty title={none.title} actions={add}>
          {none.teach}
        </Empty>
      ) : (
        children(data)
      )}
      {sheets}
    </Panel>
  );
}
