import { ContextIdFactory, type ContextId, type HostComponentInfo } from '@nestjs/core';
import type { TaskRequest } from 'nestjs-sqs-celery';

/** Nest's strategy of its documentation for durable providers: those of a tenant, which a header of the task names, are shared. */
export function shareByTenant(): void {
  const roots = new Map<string, ContextId>();
  ContextIdFactory.apply({
    attach(contextId: ContextId, request: TaskRequest) {
      const tenant = String(request.headers['tenant']);
      const root = roots.get(tenant) ?? ContextIdFactory.create();
      roots.set(tenant, root);
      return {
        resolve: ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? root : contextId),
        payload: { tenant },
      };
    },
  });
}
