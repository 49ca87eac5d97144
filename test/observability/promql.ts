import { parser } from '@prometheus-io/lezer-promql';

/** Grafana's own variables, as it would fill them in. */
const VARIABLES: [RegExp, string][] = [
  [/\$__rate_interval|\$__interval/g, '1m'],
  [/\$\{?\w+\}?/g, '.*'],
];

/** @returns every metric that a PromQL expression queries. @throws when Prometheus would not understand it. */
export function metricsIn(expression: string): string[] {
  const text = VARIABLES.reduce((filled, [variable, value]) => filled.replaceAll(variable, value), expression);
  const names: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${text}`);
      if (type.name !== 'VectorSelector') return;
      const name = node.getChild('Identifier');
      if (!name) throw new Error(`a selector without a name: ${text.slice(from, to)}`);
      names.push(text.slice(name.from, name.to));
    },
  });
  return names;
}
