"""Reads Kubernetes manifests from standard input, checks each strictly against the schemas of the oldest and of the newest
version that the chart is for, and writes them as a JSON list to standard output."""

import json
import sys

import kubernetes_validate
import yaml

VERSIONS = ["1.30", "1.37"]

manifests = [manifest for manifest in yaml.safe_load_all(sys.stdin) if manifest]
wrong = False
for manifest in manifests:
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            wrong = True
            name = f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}"
            print(f"{name} against Kubernetes {version}: {error}", file=sys.stderr)
json.dump(manifests, sys.stdout)
sys.exit(wrong)
