//! What every rendering of the chart must be, whatever its values: pods that may do next to nothing, no secret in any
//! manifest, a rollout that loses no call.

use serde_json::{Value, json};

/// What is not so, one line each.
pub(super) fn wrong(manifests: &[Value]) -> Vec<String> {
    let mut wrong = vec![];
    for manifest in manifests {
        let name = name(manifest);
        if text(manifest, "/kind") == "Secret" {
            wrong.push(format!("{name}: the chart makes no Secret, it refers to those that are there"));
        }
        if let Some(pod) = pod(manifest) {
            wrong.extend(pod_wrong(pod).into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    match of_kind(manifests, "Deployment").as_slice() {
        [deployment] => {
            wrong.extend(rollout_wrong(deployment));
            wrong.extend(services_wrong(manifests, deployment));
        }
        others => wrong.push(format!("{} Deployments", others.len())),
    }
    wrong
}

/// Where pods would not be replaced although their configuration is another.
pub(super) fn unmoved(before: &[Value], after: &[Value]) -> Option<String> {
    let checksum = |manifests| -> Vec<String> {
        let path = "/spec/template/metadata/annotations/checksum~1config";
        of_kind(manifests, "Deployment").iter().map(|one| text(one, path).to_owned()).collect()
    };
    (checksum(before) == checksum(after)).then(|| "the pods stay when the configuration changes".to_owned())
}

/// The manifests of a kind.
pub(super) fn of_kind<'a>(manifests: &'a [Value], kind: &str) -> Vec<&'a Value> {
    manifests.iter().filter(|manifest| text(manifest, "/kind") == kind).collect()
}

/// The template of a manifest's pods.
pub(super) fn pod(manifest: &Value) -> Option<&Value> {
    manifest.pointer("/spec/template/spec")
}

/// Both sorts of a pod's containers.
pub(super) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers"].into_iter().flat_map(|sort| list(&pod[sort]))
}

/// A list, or nothing.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text, or none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn name(manifest: &Value) -> String {
    format!("{}/{}", text(manifest, "/kind"), text(manifest, "/metadata/name"))
}

fn pod_wrong(pod: &Value) -> Vec<String> {
    let mut wrong = vec![];
    let mut require = |at: &str, expected: Value| {
        if pod.pointer(at) != Some(&expected) {
            wrong.push(format!("{at} must be {expected}"));
        }
    };
    require("/automountServiceAccountToken", json!(false));
    require("/enableServiceLinks", json!(false));
    require("/securityContext/runAsNonRoot", json!(true));
    require("/securityContext/runAsUser", json!(65532));
    require("/securityContext/seccompProfile/type", json!("RuntimeDefault"));
    for sharing in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod.get(sharing).is_some() {
            wrong.push(format!("{sharing} must not be set"));
        }
    }
    for volume in list(&pod["volumes"]) {
        let secret = volume.pointer("/projected/defaultMode").or(volume.pointer("/secret/defaultMode"));
        // 0440: readable for the group of the pod, and for nobody else.
        if secret.is_some_and(|mode| *mode != json!(0o440)) || volume.get("hostPath").is_some() {
            wrong.push(format!(
                "volume {}: a secret for the group alone, nothing of the host",
                volume["name"]
            ));
        }
    }
    for container in containers(pod) {
        let found = container_wrong(container);
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", text(container, "/name"))));
    }
    wrong
}

fn container_wrong(container: &Value) -> Vec<String> {
    let mut wrong = vec![];
    let restricted = json!({
        "allowPrivilegeEscalation": false,
        "privileged": false,
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
        "capabilities": { "drop": ["ALL"] },
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    if container["securityContext"] != restricted {
        wrong.push(format!("securityContext must be {restricted}"));
    }
    for resource in ["/resources/requests/cpu", "/resources/requests/memory", "/resources/limits/memory"] {
        if container.pointer(resource).is_none() {
            wrong.push(format!("{resource} must be set"));
        }
    }
    for variable in list(&container["env"]) {
        let name = text(variable, "/name");
        let secret = name.ends_with("_URL") || name.contains("PASSWORD") || name.contains("HEADERS");
        if secret || variable.get("valueFrom").is_some() {
            wrong.push(format!("{name}: secrets are files, not variables"));
        }
    }
    if container.get("envFrom").is_some() {
        wrong.push("envFrom: secrets are files, not variables".to_owned());
    }
    wrong
}

fn rollout_wrong(deployment: &Value) -> Vec<String> {
    let mut wrong = vec![];
    let spec = "/spec/template/spec";
    let seconds = |at: &str| deployment.pointer(at).and_then(Value::as_u64);
    if deployment.pointer("/spec/strategy/rollingUpdate/maxUnavailable") != Some(&json!(0)) {
        wrong.push("a rollout must keep every replica".to_owned());
    }
    let sleep = seconds(&format!("{spec}/containers/0/lifecycle/preStop/sleep/seconds"));
    let grace = seconds(&format!("{spec}/terminationGracePeriodSeconds"));
    // A drain of 25 s, which is the service's default, and 5 s to send the last spans.
    if !sleep.zip(grace).is_some_and(|(sleep, grace)| sleep > 0 && sleep + 25 + 5 <= grace) {
        wrong.push(format!("a sleep of {sleep:?} s, a drain and a flush must fit into {grace:?} s"));
    }
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let port = deployment.pointer(&format!("{spec}/containers/0/{probe}/grpc/port"));
        if port != Some(&json!(50052)) {
            wrong.push(format!("{probe} must ask the health port over gRPC"));
        }
    }
    wrong
}

/// Both Services lead to the pods of the Deployment, and to no others.
fn services_wrong(manifests: &[Value], deployment: &Value) -> Vec<String> {
    let mut wrong = vec![];
    let services = of_kind(manifests, "Service");
    let headless = services.iter().filter(|service| text(service, "/spec/clusterIP") == "None").count();
    if (services.len(), headless) != (2, 1) {
        wrong.push(format!("{} Services, {headless} of them headless", services.len()));
    }
    let selects = |selector: &Value, labels: &Value| {
        selector
            .as_object()
            .is_some_and(|all| all.iter().all(|(name, value)| labels.get(name) == Some(value)))
    };
    let own = &deployment["spec"]["template"]["metadata"]["labels"];
    let jobs = of_kind(manifests, "Job");
    let selectors = services.iter().map(|service| &service["spec"]["selector"]).chain([
        &deployment["spec"]["selector"]["matchLabels"],
        &of_kind(manifests, "PodDisruptionBudget").first().unwrap_or(&&Value::Null)["spec"]["selector"]["matchLabels"],
    ]);
    for selector in selectors {
        let others = jobs.iter().any(|job| selects(selector, &job["spec"]["template"]["metadata"]["labels"]));
        if !selects(selector, own) || others {
            wrong.push(format!("{selector} must select the pods of the service and no others"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests;
