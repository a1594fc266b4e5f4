/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import './environment';
import 'reflect-metadata';
import type { Logger } from '@n8n/backend-common';
import type * as Di from '@n8n/di';
import { createRequire } from 'node:module';

/**
 * n8n's service container and logger as n8n-core sees them. Asked for from n8n-core's place: another package brings
 * its own copies, whose container is empty.
 */
const requireFromCore = createRequire(require.resolve('n8n-core'));

export const { Container } = requireFromCore('@n8n/di') as typeof Di;

export const coreLogger = (): Logger =>
	Container.get((requireFromCore('@n8n/backend-common') as { Logger: typeof Logger }).Logger);
