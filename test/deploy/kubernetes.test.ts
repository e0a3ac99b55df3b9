import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { type Config, readConfig } from '../../src/config/config.ts';
import { argumentsOf } from '../harness/container-image.ts';
import { startTestGateway } from '../harness/gateway.ts';

const base = 'deploy/kubernetes';
const read = (file: string) => parse(readFileSync(path.join(base, file), 'utf8'));
const kustomization = read('kustomization.yaml');
const files: string[] = kustomization.resources;

/** Validates each kind against the schema of Kubernetes. */
const kinds: Readonly<Record<string, new (manifest: never) => { validate(): void }>> = {
  'v1 ServiceAccount': core.ServiceAccount,
  'v1 ConfigMap': core.ConfigMap,
  'v1 Service': core.Service,
  'apps/v1 Deployment': apps.Deployment,
  'policy/v1 PodDisruptionBudget': policy.PodDisruptionBudget,
  'autoscaling/v2 HorizontalPodAutoscaler': autoscaling.HorizontalPodAutoscaler,
  'networking.k8s.io/v1 NetworkPolicy': networking.NetworkPolicy,
};

/** The settings that a file of an overlay patches in. All files of the overlay must be its patches of the base. */
function settingsOfOverlay(overlay: string, file: string): Record<string, string> {
  const readOverlay = (name: string) => parse(readFileSync(path.join(overlay, name), 'utf8'));
  const { resources, patches } = readOverlay('kustomization.yaml');
  expect(resources).toEqual(['../kubernetes']);
  expect(readdirSync(overlay).sort()).toEqual(
    ['kustomization.yaml', ...patches.map((patch: { path: string }) => patch.path)].sort(),
  );
  const { metadata, data } = readOverlay(file);
  expect(metadata.name).toBe(read('configmap.yaml').metadata.name);
  return data;
}

/** Expects that a patch adds one rule to the base's network policy, which is valid with it. */
function expectRule(patch: string, direction: 'ingress' | 'egress'): void {
  const [added] = parse(readFileSync(patch, 'utf8'));
  expect(added).toMatchObject({ op: 'add', path: `/spec/${direction}/-` });
  const policyWithRule = read('networkpolicy.yaml');
  policyWithRule.spec[direction].push(added.value);
  expect(() => new networking.NetworkPolicy(policyWithRule as never).validate()).not.toThrow();
}

const deployment = read('deployment.yaml');
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];

describe('the manifests for Kubernetes', () => {
  const secrets = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  let config: Config;

  beforeAll(() => {
    const written: Record<string, string> = {
      'stripe-secret-key': 'rk_live_1',
      'router-secret': 's'.repeat(32),
    };
    for (const [name, text] of Object.entries(written)) writeFileSync(path.join(secrets, name), text);
    config = readConfig(environmentWith({}));
  });

  /** The environment of the container, if an overlay patches its ConfigMap. */
  function environmentWith(patch: Record<string, string>): Record<string, string> {
    const [mount] = container.volumeMounts;
    const { data } = read('configmap.yaml') as { data: Record<string, string> };
    const mounted = Object.entries({ ...data, ...patch }).map(([name, value]) => [
      name,
      value.replace(`${mount.mountPath}/`, `${secrets}/`),
    ]);
    const ofTheImage = argumentsOf('ENV').flatMap((words) =>
      words.split(/\s+/).map((pair) => pair.split('=')),
    );
    return Object.fromEntries([...ofTheImage, ...mounted]);
  }
  afterAll(() => rmSync(secrets, { recursive: true }));

  it('the manifests for Kubernetes are all applied', () => {
    expect(readdirSync(base).sort()).toEqual([...files, 'kustomization.yaml'].sort());
  });

  it.each(files)('the manifests for Kubernetes are valid: %s', (file) => {
    const manifest = read(file);
    const Kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
    if (Kind === undefined) throw new Error(`no schema for ${manifest.apiVersion} ${manifest.kind}`);
    expect(() => new Kind(manifest as never).validate()).not.toThrow();
    // The schema rejects a number in place of a string: one that accepts everything would prove nothing.
    expect(() => new Kind({ ...manifest, metadata: { name: 1 } } as never).validate()).toThrow();
  });

  it('the manifests for Kubernetes have valid settings, with each secret in a mounted file that can change', () => {
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: container.ports[0].containerPort,
      telemetry: { metricsPort: container.ports[1].containerPort },
      upstream: 'stripe',
      authentication: { mode: 'router' },
    });
    expect(config.secretFiles.map(({ setting }) => setting)).toEqual(['STRIPE_SECRET_KEY', 'ROUTER_SECRET']);
    expect(container.volumeMounts).toEqual([expect.not.objectContaining({ subPath: expect.anything() })]);
    expect(pod.volumes[0].secret.defaultMode).toBe(0o440);
  });

  it('the manifests for Kubernetes reach Redis by an overlay that changes nothing else', () => {
    expect(settingsOfOverlay('deploy/kubernetes-with-redis', 'redis-url.yaml')).toEqual({
      REDIS_URL_FILE: `${container.volumeMounts[0].mountPath}/redis-url`,
    });
    expectRule('deploy/kubernetes-with-redis/redis-egress.yaml', 'egress');
  });

  it('the manifests for Kubernetes accept tokens by an overlay, whose settings are valid together', () => {
    const data = settingsOfOverlay('deploy/kubernetes-with-tokens', 'tokens.yaml');
    const { authentication, secretFiles } = readConfig(environmentWith(data));
    expect(authentication.mode).toBe('jwt');
    expect(secretFiles.map(({ setting }) => setting)).toEqual(['STRIPE_SECRET_KEY']);
    expectRule('deploy/kubernetes-with-tokens/ingress.yaml', 'ingress');
  });

  it('the manifests for Kubernetes give a pod a longer grace period than its drain may take', () => {
    const { delayMs, limitMs } = config.http.drain;
    expect(delayMs).toBeGreaterThanOrEqual(5_000);
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(delayMs + limitMs + 4_000);
  });

  it('the manifests for Kubernetes probe endpoints that exist', async () => {
    const gateway = await startTestGateway();
    for (const { httpGet } of probes) {
      expect(httpGet.port).toBe(container.ports[0].name);
      expect((await fetch(`${gateway.url}${httpGet.path}`)).status).toBe(200);
    }
    await gateway.close();
    // The drain must outlast the time until the readiness probe has failed.
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(periodSeconds * failureThreshold * 1_000).toBeLessThan(config.http.drain.delayMs);
  });

  it('the manifests for Kubernetes grant the process only the rights that it needs', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.resources.limits.memory).toBe('768Mi');
    expect(argumentsOf('USER')).toEqual([
      `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`,
    ]);
  });

  it('the manifests for Kubernetes select the same pods everywhere', () => {
    const { labels } = deployment.spec.template.metadata;
    const selectors = [
      deployment.spec.selector.matchLabels,
      read('service.yaml').spec.selector,
      read('poddisruptionbudget.yaml').spec.selector.matchLabels,
      read('networkpolicy.yaml').spec.podSelector.matchLabels,
      ...pod.topologySpreadConstraints.map(
        ({ labelSelector }: { labelSelector: { matchLabels: object } }) => labelSelector.matchLabels,
      ),
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector);
    const { scaleTargetRef, minReplicas } = read('horizontalpodautoscaler.yaml').spec;
    expect(scaleTargetRef).toMatchObject({ kind: 'Deployment', name: deployment.metadata.name });
    // One replica may be draining while another dies.
    expect(minReplicas).toBeGreaterThanOrEqual(3);
    expect(deployment.spec.replicas).toBeUndefined();
    expect(pod.serviceAccountName).toBe(read('serviceaccount.yaml').metadata.name);
    expect(container.envFrom).toEqual([{ configMapRef: { name: read('configmap.yaml').metadata.name } }]);
    expect(kustomization.images[0].name).toBe(container.image);
  });
});
