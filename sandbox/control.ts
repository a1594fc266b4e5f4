import express, { type Request, type Response, type Router } from 'express';
import type { NewKey } from './balance';
import type { Context } from './context';
import type { FaultRule } from './faults';
import { taskObject } from './taskAnswer';

/**
 * `/__sandbox/...`: the sandbox seen and steered from another process. No key is asked for: it listens
 * on the loopback address only, unless started otherwise.
 */
export function controlRouter(context: Context, reset: () => void): Router {
	const { ledger, faults, keys, tasks } = context;
	const router = express.Router();
	router.use(express.json());

	router.get('/ledger', (_request, response) => void response.json(ledger.toJSON()));
	router.get('/faults', (_request, response) => void response.json(faults.list()));
	router.post('/faults', (request, response) => {
		try {
			const rules = [request.body as FaultRule | FaultRule[]].flat();
			response.status(201).json({ ids: rules.map((rule) => faults.add(rule)) });
		} catch (error) {
			response.status(400).json({ error: (error as Error).message });
		}
	});
	router.delete(
		'/faults/:id',
		does((id) => faults.remove(id)),
	);
	router.delete(
		'/faults',
		does(() => faults.clear()),
	);
	router.post('/reset', does(reset));
	router.post('/keys', (request, response) => {
		const entry = request.body as Partial<NewKey>;
		if (typeof entry.key !== 'string' || entry.key === '') {
			response.status(400).json({ error: 'key is required' });
			return;
		}
		const { masked, balanceUsd } = keys.add({ ...entry, key: entry.key });
		response.status(201).json({ key: masked, balanceUsd });
	});
	router.get('/tasks', (_request, response) => {
		response.json(tasks.all().map((task) => taskObject(context, task)));
	});
	router.post('/tasks/:id/finish', async (request, response) => {
		const task = await tasks.finish(request.params.id, request.body as object | undefined);
		if (task) response.json(taskObject(context, task));
		else response.status(404).json({ error: 'no such task' });
	});
	return router;
}

const does = (work: (id: string) => void) => (request: Request, response: Response) => {
	work(String(request.params.id));
	response.status(204).end();
};
