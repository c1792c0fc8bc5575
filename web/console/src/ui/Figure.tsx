import { BarChartOutlined, TableOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import style from "./Figure.module.css";
import { Panel } from "./Panel.tsx";

interface Props {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  className?: string;
  /** The drawing. */
  children: ReactNode;
  /** The same as numbers. */
  table: { head: string[]; rows: (string | number)[][] };
}

/** A chart with the table behind it. */
export function Figure({ title, note, actions, className, children, table }: Props) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  return (
    <Panel
      title={title}
      note={note}
      className={className}
      actions={
        <>
          {actions}
          <Button
            type="text"
            aria-pressed={asTable}
            icon={asTable ? <BarChartOutlined aria-hidden="true" /> : <TableOutlined aria-hidden="true" />}
            aria-label={t(asTable ? "figure.chart" : "figure.table")}
            title={t(asTable ? "figure.chart" : "figure.table")}
            onClick={() => setAsTable(!asTable)}
          />
        </>
      }
    >
      {asTable ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by key
        <section className={style.scroll} tabIndex={0} aria-label={title}>
          <table className={style.table}>
            <thead>
              <tr>
                {table.head.map((h) => (
                  <th key={h} scope="col">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map(([name, ...cells]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {cells.map((c, i) => (
                    <td key={table.head[i + 1]}>{c}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        children
      )}
    </Panel>
  );
}
