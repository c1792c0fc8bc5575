import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useRouter, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { session, signIn } from "../../queries.ts";
import { Failed } from "../../ui/states.tsx";
import style from "./Entry.module.css";
import { Entry } from "./Entry.tsx";

interface Credentials {
  name: string;
  password: string;
}

export function SignInPage() {
  const { t } = useTranslation();
  const { back } = useSearch({ from: "/sign-in" });
  const { data } = useQuery(session);
  const client = useQueryClient();
  const router = useRouter();
  // Name and password that were right, of somebody who is asked for a code as well.
  const [given, setGiven] = useState<Credentials>();
  const enter = useMutation({
    mutationFn: signIn,
    onSuccess: (answer) => {
      client.setQueryData(session.queryKey, answer);
      void router.history.push(back?.startsWith("/") ? back : "/today");
    },
    onError: (error, { name, password }) =>
      setGiven(asProblem(error).code === "second_factor" ? { name, password } : undefined),
  });
  if (data?.setup_needed) return <Navigate to="/setup" search={{}} />;
  const problem = enter.error && asProblem(enter.error);
  if (given) {
    return (
      <Entry title={t("secondStep.title")} teach={t("secondStep.teach")}>
        <Form
          key="code"
          layout="vertical"
          requiredMark={false}
          onFinish={({ code }: { code: string }) => enter.mutate({ ...given, code })}
          disabled={enter.isPending}
        >
          {enter.variables?.code && problem ? (
            <div className={style.failed}>
              <Failed trouble={{ code: "", message: t("secondStep.wrong"), hint: t("secondStep.wrongHint") }} />
            </div>
          ) : null}
          <Form.Item
            name="code"
            label={t("secondStep.code")}
            rules={[{ required: true, message: t("secondStep.teach") }]}
          >
            <Input autoComplete="one-time-code" autoFocus size="large" maxLength={20} />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={enter.isPending}>
            {t("action.signIn")}
          </Button>
        </Form>
      </Entry>
    );
  }
  return (
    <Entry title={t("signIn.title")} teach={t("signIn.teach")}>
      <Form
        key="name"
        layout="vertical"
        requiredMark={false}
        onFinish={(values: Credentials) => enter.mutate(values)}
        disabled={enter.isPending}
      >
        {problem ? (
          <div className={style.failed}>
            <Failed
              trouble={
                problem.code === "signed_out"
                  ? { code: "", message: t("signIn.wrong"), hint: t("signIn.wrongHint") }
                  : problem
              }
            />
          </div>
        ) : null}
        <Form.Item name="name" label={t("field.name")} rules={[{ required: true, message: t("field.nameNeeded") }]}>
          <Input autoComplete="username" autoFocus size="large" />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("field.password")}
          rules={[{ required: true, message: t("field.passwordNeeded") }]}
        >
          <Input.Password autoComplete="current-password" size="large" />
        </Form.Item>
        <Button type="primary" htmlType="submit" size="large" block loading={enter.isPending}>
          {t("action.signIn")}
        </Button>
      </Form>
    </Entry>
  );
}
