import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  CloseCircleOutlined,
  ExperimentOutlined,
  QuestionCircleOutlined,
  StopOutlined,
  SyncOutlined,
  UserOutlined,
} from "@ant-design/icons";
import type { OutboxEntry } from "@qunying/api/model";
import type { ReactNode } from "react";
import { useWords } from "../words/useWords.ts";
import style from "./OutboxState.module.css";

type State = OutboxEntry["state"];

const looks: Record<State, [ReactNode, string | undefined]> = {
  queued: [<ClockCircleOutlined key="i" aria-hidden="true" />, style.quiet],
  sending: [<SyncOutlined key="i" aria-hidden="true" spin />, style.quiet],
  done: [<CheckCircleOutlined key="i" aria-hidden="true" />, style.good],
  failed: [<CloseCircleOutlined key="i" aria-hidden="true" />, style.bad],
  unknown: [<QuestionCircleOutlined key="i" aria-hidden="true" />, style.open],
  suggested: [<UserOutlined key="i" aria-hidden="true" />, style.open],
  expired: [<StopOutlined key="i" aria-hidden="true" />, style.bad],
  cancelled: [<StopOutlined key="i" aria-hidden="true" />, style.quiet],
  handed: [<UserOutlined key="i" aria-hidden="true" />, style.open],
  dry: [<ExperimentOutlined key="i" aria-hidden="true" />, style.quiet],
};

/** What became of an action, as a word and a shape. */
export function OutboxState({ state, kind }: { state: State; kind: OutboxEntry["kind"] }) {
  const { t } = useWords();
  const [icon, look] = looks[state];
  // A message is delivered, anything else is done; both are the same state.
  const said = kind !== "send" && (state === "done" || state === "handed" || state === "failed" || state === "sending");
  return (
    <span className={look}>
      {icon} {said ? t(`outboxDeed.${state as "done"}`) : t(`outbox.${state}`)}
    </span>
  );
}
