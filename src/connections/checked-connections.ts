import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DeclaredFeature } from '../options/declared-queues.js';
import { anything, describe, problemsOf, type OptionRules } from '../options/option-rules.js';
import { resolveOptions, type ResolvedOptions } from '../options/resolve-options.js';
import { optionProblems } from '../options/validate-options.js';
import { namesOfAll } from '../options/validate-queues.js';
import type { SqsConnection } from '../sqs-connection.js';
import { threadData } from '../threads/thread-messages.js';
import { DEFAULT_CONNECTION } from '../tokens.js';
import { unknownConnection, type KnownConnection, type KnownConnections } from './known-connections.js';
import { FEATURE, type SqsCeleryFeature } from './sqs-celery-feature.js';
import { SqsConnections } from './sqs-connections.js';

/** Both are checked elsewhere: the queues with those of their connection. */
const featureRules: OptionRules<SqsCeleryFeature> = { queues: anything, connection: anything };

/** What the options of all connections come to. */
export interface CheckResult {
  /** What handlers are checked against. */
  readonly known: KnownConnections;
  /** Everything that is wrong, one sentence each. */
  readonly problems: readonly string[];
  /** Of the connections whose options are right. */
  readonly options: ReadonlyMap<SqsConnection, ResolvedOptions>;
}

/** Checks the options of all connections, together with what features add to them. */
@Injectable()
export class CheckedConnections {
  constructor(
    private readonly connections: SqsConnections,
    private readonly modules: ModulesContainer,
  ) {}

  check(): CheckResult {
    const connections = this.connections.all();
    const known = new Map<unknown, KnownConnection>();
    const options = new Map<SqsConnection, ResolvedOptions>();
    const problems = repetitions(connections);
    for (const connection of connections) {
      const features = this.#featuresOf(connection.name);
      const wrong = connectionProblems(connection, features);
      problems.push(...wrong);
      if (wrong.length === 0) options.set(connection, inThisThread(resolveOptions(connection.given, features)));
      known.set(connection.name, {
        queues: namesOfAll(Object(connection.given).queues, features),
        idempotency: Object(connection.given).idempotency !== undefined,
        threads: Object(connection.given).threads !== undefined,
      });
    }
    return { known, problems: [...problems, ...this.#featureProblems(known)], options };
  }

  #featuresOf(connection: string): DeclaredFeature[] {
    return this.connections.features
      .filter((feature) => connectionOf(feature) === connection)
      .map((feature) => ({ title: this.#title(feature), queues: Object(feature).queues as unknown }));
  }

  #featureProblems(known: KnownConnections): string[] {
    return this.connections.features.flatMap((feature) => {
      const where = `${this.#title(feature)}: `;
      const stray = unknownConnection(connectionOf(feature), known).map((problem) => where + problem);
      return [...problemsOf(where, feature, featureRules), ...stray];
    });
  }

  /** Names the modules that import it, as a feature has no name of its own. */
  #title(feature: SqsCeleryFeature): string {
    const modules = [...this.modules.values()];
    const own = modules.find((module) => module.providers.get(FEATURE)?.instance === feature);
    const importers = modules.filter((module) => own && module.imports.has(own)).map(({ name }) => name);
    return importers.length === 0 ? 'forFeature' : `forFeature in ${importers.join(', ')}`;
  }
}

/** In a thread of the pool nothing is received: its handlers are called by the worker of the main thread. */
function inThisThread(options: ResolvedOptions): ResolvedOptions {
  return threadData() ? { ...options, worker: false } : options;
}

function connectionOf(feature: SqsCeleryFeature): unknown {
  return Object(feature).connection ?? DEFAULT_CONNECTION;
}

function connectionProblems({ name, given }: SqsConnection, features: readonly DeclaredFeature[]): string[] {
  const prefix = name === DEFAULT_CONNECTION ? '' : `Connection ${describe(name)}: `;
  return [...optionProblems(given, features), ...nameProblems(name, given)].map((problem) => prefix + problem);
}

/** Where options are made asynchronously, the connection has its tokens before. */
function nameProblems(name: string, given: object): string[] {
  const { name: other } = Object(given) as { name?: unknown };
  if (other === undefined || other === name) return [];
  return [`the options were made with the name ${describe(other)}: give it to forRootAsync itself, beside useFactory`];
}

function repetitions(connections: readonly SqsConnection[]): string[] {
  const names = connections.map(({ name }) => name);
  return [...new Set(names)].flatMap((name) => {
    const times = names.filter((other) => other === name).length;
    if (times === 1) return [];
    return name === DEFAULT_CONNECTION
      ? [
          `SqsCeleryModule.forRoot is imported ${times} times: import it once, or give each connection a name of its own`,
        ]
      : [
          `SqsCeleryModule.forRoot is imported ${times} times with the name ${describe(name)}: give each connection a name of its own`,
        ];
  });
}
