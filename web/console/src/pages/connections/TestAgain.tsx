import type { Connection } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { checked } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import { Findings } from "./Findings.tsx";
import { awaited } from "./fields.ts";

interface Props {
  connection: Connection;
  words: DriverWords;
  /** Whether it begins by itself. */
  begun?: boolean;
}

/** Tests a connection as it is saved, again and again until the platform has called us. */
export function TestAgain({ connection: c, words, begun = false }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const [wanted, setWanted] = useState(begun);
  const test = useQuery({ ...checked(community, c, awaited), enabled: wanted });
  return (
    <Panel
      title={t("connect.check")}
      note={t("connect.checkNote")}
      actions={
        <Button
          loading={test.isFetching && !awaited(test.data)}
          onClick={() => (wanted ? void test.refetch() : setWanted(true))}
        >
          {t(test.data ? "connect.testAgain" : "connect.test")}
        </Button>
      }
    >
      {test.error ? <Failed trouble={asProblem(test.error)} /> : null}
      <div role="status">
        {test.data ? <Findings findings={test.data} words={words} /> : null}
        {awaited(test.data) ? t("connect.hookAwaited") : null}
      </div>
    </Panel>
  );
}
