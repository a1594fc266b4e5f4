/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IConnections, INode, IWorkflowSettings } from 'n8n-workflow';
import { repositoryFolder } from './package';

/** A workflow as n8n exports and imports it. */
export interface WorkflowJson {
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	active?: boolean;
}

/** The node in our templates that holds everything a person has to fill in before the first run. */
export const SETTINGS_NODE = 'Settings';

interface Assignment {
	name: string;
	value: unknown;
}

/** Reads `workflows/<name>.json`. */
export async function readTemplate(name: string): Promise<WorkflowJson> {
	const path = join(repositoryFolder, 'workflows', `${name}.json`);
	return JSON.parse(await readFile(path, 'utf8')) as WorkflowJson;
}

/**
 * Does what a person does after importing a template: fills in the Settings node and picks the credentials.
 *
 * @param settings by the name of the field in the Settings node
 * @param credentials by type; each node that can use one of them gets it
 * @throws Error when the template has no such setting
 */
export function fillTemplate(
	template: WorkflowJson,
	settings: Record<string, string | number | boolean>,
	credentials: Array<{ id: string; name: string; type: string; nodeTypes: string[] }>,
): WorkflowJson {
	const workflow = structuredClone(template);
	const assignments = settingsOf(workflow);
	for (const [name, value] of Object.entries(settings)) {
		const assignment = assignments.find((candidate) => candidate.name === name);
		if (assignment === undefined) throw new Error(`${template.name} has no setting '${name}'`);
		assignment.value = value;
	}
	for (const { id, name, type, nodeTypes } of credentials) {
		for (const node of workflow.nodes.filter((candidate) => nodeTypes.includes(candidate.type))) {
			node.credentials = { ...node.credentials, [type]: { id, name } };
		}
	}
	return workflow;
}

function settingsOf(workflow: WorkflowJson): Assignment[] {
	const parameters = workflow.nodes.find(({ name }) => name === SETTINGS_NODE)?.parameters;
	const collection = parameters?.assignments as { assignments?: Assignment[] } | undefined;
	return collection?.assignments ?? [];
}
