/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

// Command bundle completes what "operator-sdk generate bundle" made of the
// manifests that kustomize builds, which are the standard input:
//
//	kustomize build config/manifests | bundle -image IMAGE -icon FILE DIRECTORY
//
// operator-sdk is older than the Kubernetes that the manifests are written for,
// and silently drops fields that it does not know. They are put back: the
// CustomResourceDefinition and the Deployment are taken as they are.
package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	csvFile        = "extendedjob-operator.clusterserviceversion.yaml"
	crdFile        = "fissile.cloudfoundry.org_extendedjobs.yaml"
	webhookService = "extendedjob-webhook-service_v1_service.yaml"
)

func main() {
	image := flag.String("image", "", "name of the operator's image")
	icon := flag.String("icon", "", "SVG file with the icon")
	flag.Parse()
	if err := run(os.Stdin, filepath.Join(flag.Arg(0), "manifests"), *image, *icon); err != nil {
		fmt.Fprintf(os.Stderr, "bundle: %v\n", err)
		os.Exit(1)
	}
}

func run(input io.Reader, manifests, image, icon string) error {
	built, err := parse(input)
	if err != nil {
		return err
	}
	crd, deployment, base := built["CustomResourceDefinition"], built["Deployment"], built["ClusterServiceVersion"]
	if crd == nil || deployment == nil || base == nil {
		return errors.New("the manifests have no CustomResourceDefinition, no Deployment or no ClusterServiceVersion")
	}
	if err := write(filepath.Join(manifests, crdFile), crd); err != nil {
		return err
	}
	// OLM makes a Service of its own for each deployment with webhooks.
	if err := os.Remove(filepath.Join(manifests, webhookService)); err != nil {
		return err
	}

	file := filepath.Join(manifests, csvFile)
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	csv := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(content, csv); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	picture, err := os.ReadFile(icon)
	if err != nil {
		return err
	}
	if err := complete(csv, base, deployment, image, picture); err != nil {
		return err
	}
	return write(file, csv)
}

// complete puts into a ClusterServiceVersion what operator-sdk does not know, or
// has dropped or changed.
func complete(csv, base, deployment *unstructured.Unstructured, image string, icon []byte) error {
	version, _, err := unstructured.NestedString(csv.Object, "spec", "version")
	if err != nil {
		return err
	}
	annotations := csv.GetAnnotations()
	annotations["containerImage"] = image
	// operator-sdk writes the time of the day.
	annotations["createdAt"] = base.GetAnnotations()["createdAt"]
	// Every version before can be upgraded to this one directly.
	annotations["olm.skipRange"] = "<" + version
	csv.SetAnnotations(annotations)

	deployments, _, err := unstructured.NestedSlice(csv.Object, "spec", "install", "spec", "deployments")
	if err != nil {
		return err
	}
	if len(deployments) != 1 {
		return fmt.Errorf("the ClusterServiceVersion has %d deployments", len(deployments))
	}
	deployments[0].(map[string]any)["spec"] = deployment.Object["spec"]
	return errors.Join(
		unstructured.SetNestedSlice(csv.Object, deployments, "spec", "install", "spec", "deployments"),
		unstructured.SetNestedSlice(csv.Object, []any{map[string]any{"name": "manager", "image": image}}, "spec", "relatedImages"),
		unstructured.SetNestedSlice(csv.Object, []any{map[string]any{
			"base64data": base64.StdEncoding.EncodeToString(bytes.TrimSpace(icon)),
			"mediatype":  "image/svg+xml",
		}}, "spec", "icon"),
	)
}

// parse returns the objects of a stream by kind; of several, the last.
func parse(input io.Reader) (map[string]*unstructured.Unstructured, error) {
	objects := map[string]*unstructured.Unstructured{}
	for decoder := utilyaml.NewYAMLOrJSONDecoder(input, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		objects[object.GetKind()] = object
	}
}

func write(file string, object *unstructured.Unstructured) error {
	content, err := yaml.Marshal(object.Object)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
