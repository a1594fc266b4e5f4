import { fillTemplate, readTemplate, SETTINGS_NODE } from '../../../host/workflow';

const credential = { id: 'c1', name: 'Kling Fast', type: 'klingFastApi' };
const nodeTypes = ['n8n-nodes-kling-fast.klingFast'];

test('settings and credentials go where a person would put them', async () => {
	const template = await readTemplate('local-rows-to-files');
	const filled = fillTemplate(template, { outputFolder: '/clips' }, [{ ...credential, nodeTypes }]);

	const settings = filled.nodes.find(({ name }) => name === SETTINGS_NODE);
	expect(JSON.stringify(settings)).toContain('/clips');
	expect(filled.nodes.filter(({ credentials }) => credentials !== undefined)).toEqual([
		expect.objectContaining({
			type: nodeTypes[0],
			credentials: { klingFastApi: { id: 'c1', name: 'Kling Fast' } },
		}),
	]);
});

test('the template itself stays as it was, and carries no credential', async () => {
	const template = await readTemplate('local-rows-to-files');
	const before = structuredClone(template);
	fillTemplate(template, { outputFolder: '/clips' }, [{ ...credential, nodeTypes }]);
	expect(template).toEqual(before);
	expect(JSON.stringify(template)).not.toContain('credentials');
});

test('a setting that the template does not have is refused', async () => {
	const template = await readTemplate('local-rows-to-files');
	expect(() => fillTemplate(template, { outputFoldre: '/clips' }, [])).toThrow("'outputFoldre'");
});
