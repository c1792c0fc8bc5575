import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { testConnection } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import { Findings } from "./Findings.tsx";

/** Tests a connection as it is saved. */
export function TestAgain({ connection: c, words }: { connection: Connection; words: DriverWords }) {
  const { t } = useWords();
  const { community } = useHere();
  const test = useMutation({ mutationFn: () => testConnection(community, { name: c.name, driver: c.driver }) });
  return (
    <Panel
      title={t("connect.check")}
      note={t("connect.checkNote")}
      actions={
        <Button loading={test.isPending} onClick={() => test.mutate()}>
          {t(test.data ? "connect.testAgain" : "connect.test")}
        </Button>
      }
    >
      {test.error ? <Failed trouble={asProblem(test.error)} /> : null}
      <div role="status">{test.data ? <Findings findings={test.data.findings} words={words} /> : null}</div>
    </Panel>
  );
}
