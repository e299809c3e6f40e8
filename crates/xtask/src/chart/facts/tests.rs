use super::*;

/// A rendering that is right, in the parts that are looked at.
fn right() -> Vec<Value> {
    let labels = json!({ "name": "roster", "component": "server" });
    let container = json!({
        "name": "roster",
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "capabilities": { "drop": ["ALL"] },
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "env": [{ "name": "ROSTER_CONFIG", "value": "/etc/roster/config/roster.toml" }],
        "resources": { "requests": { "cpu": "1", "memory": "1Mi" }, "limits": { "memory": "1Mi" } },
        "startupProbe": { "grpc": { "port": 50052 } },
        "livenessProbe": { "grpc": { "port": 50052 } },
        "readinessProbe": { "grpc": { "port": 50052 } },
        "lifecycle": { "preStop": { "sleep": { "seconds": 10 } } },
    });
    let pod = json!({
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "securityContext": {
            "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": { "type": "RuntimeDefault" },
        },
        "terminationGracePeriodSeconds": 45,
        "containers": [container],
        "volumes": [{ "name": "secrets", "projected": { "defaultMode": 0o440 } }],
    });
    let template = json!({
        "metadata": { "labels": labels, "annotations": { "checksum/config": "1" } },
        "spec": pod,
    });
    let service = |spec: Value| json!({ "kind": "Service", "spec": spec });
    vec![
        json!({ "kind": "Deployment", "metadata": { "name": "roster" }, "spec": {
            "strategy": { "rollingUpdate": { "maxUnavailable": 0 } },
            "selector": { "matchLabels": labels },
            "template": template,
        }}),
        service(json!({ "selector": labels })),
        service(json!({ "selector": labels, "clusterIP": "None" })),
        json!({ "kind": "PodDisruptionBudget", "spec": { "selector": { "matchLabels": labels } } }),
        json!({ "kind": "Job", "spec": { "template": { "metadata": { "labels": { "name": "roster" } } } } }),
    ]
}

/// Changes one thing of a right rendering and expects so many complaints.
fn check(manifest: usize, pointer: &str, value: Value, expected: &str) {
    let mut manifests = right();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = manifests[manifest].pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
    let wrong = wrong(&manifests);
    assert!(wrong.iter().any(|what| what.contains(expected)), "{pointer}: {wrong:?}");
}

#[test]
fn a_right_rendering_is_let_through() {
    // The Job of the sample has labels alone; its pod is judged where it has one.
    let mut manifests = right();
    let pod = manifests[0]["spec"]["template"]["spec"].clone();
    manifests[4]["spec"]["template"]["spec"] = pod;
    assert_eq!(wrong(&manifests), Vec::<String>::new());
}

#[test]
fn what_a_pod_must_not_be_is_caught() {
    let pod = |rest: &str| format!("/spec/template/spec{rest}");
    let container = |rest: &str| format!("/spec/template/spec/containers/0{rest}");
    check(0, &pod("/automountServiceAccountToken"), json!(true), "automountServiceAccountToken");
    check(0, &pod("/securityContext/runAsUser"), json!(0), "runAsUser");
    check(0, &pod("/hostNetwork"), json!(true), "hostNetwork");
    check(0, &pod("/volumes/0"), json!({ "name": "a", "hostPath": {} }), "nothing of the host");
    check(0, &pod("/volumes/0/projected/defaultMode"), json!(0o444), "for the group alone");
    check(0, &container("/securityContext/readOnlyRootFilesystem"), json!(false), "securityContext");
    check(0, &container("/securityContext/capabilities"), json!({ "add": ["NET_RAW"] }), "securityContext");
    check(0, &container("/resources/limits"), json!({}), "/resources/limits/memory");
    check(0, &container("/env/0"), json!({ "name": "ROSTER_REDIS__URL", "value": "a" }), "secrets are files");
    check(0, &container("/env/0"), json!({ "name": "A", "valueFrom": {} }), "secrets are files");
    check(0, &container("/envFrom"), json!([]), "envFrom");
    check(1, "/kind", json!("Secret"), "makes no Secret");
}

#[test]
fn a_rollout_that_loses_calls_is_caught() {
    let container = |rest: &str| format!("/spec/template/spec/containers/0{rest}");
    check(0, "/spec/strategy/rollingUpdate/maxUnavailable", json!(1), "keep every replica");
    check(0, "/spec/template/spec/terminationGracePeriodSeconds", json!(39), "must fit into Some(39)");
    check(0, &container("/lifecycle"), json!({}), "must fit");
    check(0, &container("/readinessProbe/grpc/port"), json!(50051), "readinessProbe");
    check(2, "/spec/clusterIP", json!("10.0.0.1"), "2 Services, 0 of them headless");
    check(1, "/spec/selector", json!({ "name": "roster" }), "and no others");
    check(1, "/spec/selector/name", json!("other"), "must select the pods");
    check(3, "/spec/selector/matchLabels", json!({ "name": "roster" }), "and no others");
    assert!(unmoved(&right(), &right()).is_some());
}
