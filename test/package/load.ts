/* eslint-disable @n8n/community-nodes/no-restricted-globals, no-console */
/**
 * Loads an installed package as n8n does, and tells what n8n then knows about it. A process of its own: n8n's loader
 * runs what it loads outside of jest's modules.
 *
 * Usage: tsx test/package/load.ts <folder>; prints one line of JSON, a `LoadedPackage`.
 */
import 'reflect-metadata';
import { PackageDirectoryLoader } from 'n8n-core';

type IconUrl = string | { light: string; dark: string } | undefined;

export interface LoadedPackage {
	packageName: string;
	nodes: Array<{
		name: string;
		version: unknown;
		iconUrl: IconUrl;
		usableAsTool: boolean;
		categories: string[];
		documentationUrl: string | undefined;
	}>;
	credentials: Array<{ name: string; iconUrl: IconUrl; supportedNodes: string[] }>;
}

async function main([folder]: string[]): Promise<void> {
	const loader = new PackageDirectoryLoader(folder);
	await loader.loadAll();
	const loaded: LoadedPackage = {
		packageName: loader.packageName,
		nodes: loader.types.nodes.map((node) => ({
			name: node.name,
			version: node.version,
			iconUrl: node.iconUrl,
			usableAsTool: node.usableAsTool === true,
			categories: node.codex?.categories ?? [],
			documentationUrl: node.codex?.resources?.primaryDocumentation?.[0].url,
		})),
		credentials: loader.types.credentials.map((credential) => ({
			name: credential.name,
			iconUrl: credential.iconUrl,
			supportedNodes: loader.known.credentials[credential.name].supportedNodes ?? [],
		})),
	};
	console.log(JSON.stringify(loaded));
}

void main(process.argv.slice(2));
