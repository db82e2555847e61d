"""Mutations of products by their sellers."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.change_request import ControlName, ControlResult
from models.product import PlatformService, ProductKind, ProductVisibility, ServiceCategory
from resolvers.mutations import product
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.change_request import ChangeRequest, Problem
from schema.product import Product
from schema.product_revision import ProductRevision


@strawberry.input(description="A unit in which a product is priced.")
class ProductDimensionInput:
    name: str = required("The name of the dimension, at most 64 characters. It's unique within the product.")
    description: str | None = optional("A description of the dimension, at most 500 characters.")
    unit: str = required("What a price of it covers, such as `month`, at most 32 characters.")


@strawberry.input(description="Input for `createProduct`. What is missing in a draft is only refused when it's submitted.")
class CreateProductInput:
    company_id: ID | None = optional("The company that sells the product. Defaults to the viewer's company.")
    kind: ProductKind = required("The kind of product. It can't change.")
    title: str = required("The title of the product, at most 100 characters.")
    categories: list[ServiceCategory] | None = optional("The product's categories, at most 3. A submission needs at least one.")
    summary: str | None = optional("What the product is, in one or two sentences, at most 500 characters.")
    description: str | None = optional("The full description of the product, as plain text, at most 10,000 characters.")
    highlights: list[str] | None = optional("What is best about the product, at most 3. A submission needs at least one.")
    keywords: list[str] | None = optional("Words that people search for, at most 3.")
    logo_id: ID | None = optional("The ID of an image that was uploaded for the same company.")
    slug: str | None = optional("The last part of the product's URL. By default, it's made from the title.")
    supports: list[PlatformService] | None = optional("The services of the platform that the product supports.")
    related_product_ids: list[ID] | None = optional(
        "Products that this one supports or leads to, at most 20. A submission needs a public one, or a service of the platform."
    )
    dimensions: list[ProductDimensionInput] | None = optional("The units in which the product is priced, at most 24.")
    customer_references: list[str] | None = optional(
        "Customers who vouch for the seller, at most 20. The submission of a SERVICE needs one. Apart from the seller and its "
        "partner, only the operator can see them."
    )


@strawberry.type(description="Result of `createProduct`.")
class CreateProductPayload(Payload):
    product: Product | None = strawberry.field(default=None, description="The new product, with its draft.")


@strawberry.input(
    description="Input for `reviseProduct`. Omitted fields keep their values; null clears an optional field. Lists are replaced."
)
class ReviseProductInput:
    product_id: ID = required("The product.")
    version: int | None = optional(
        "The version of the newest revision that the edit is based on. Without it, the edit is unconditional."
    )
    title: str | None = optional("The title of the product, at most 100 characters. Can't be null.")
    categories: list[ServiceCategory] | None = optional("The product's categories, at most 3.")
    summary: str | None = optional("What the product is, in one or two sentences, at most 500 characters.")
    description: str | None = optional("The full description of the product, as plain text, at most 10,000 characters.")
    highlights: list[str] | None = optional("What is best about the product, at most 3.")
    keywords: list[str] | None = optional("Words that people search for, at most 3.")
    logo_id: ID | None = optional("The ID of an image that was uploaded for the same company.")
    slug: str | None = optional("The last part of the product's URL. If null, it's made from the title.")
    supports: list[PlatformService] | None = optional("The services of the platform that the product supports.")
    related_product_ids: list[ID] | None = optional("Products that this one supports or leads to, at most 20.")
    customer_references: list[str] | None = optional("Customers who vouch for the seller, at most 20.")


@strawberry.type(description="Result of `reviseProduct`.")
class ReviseProductPayload(Payload):
    product_revision: ProductRevision | None = strawberry.field(default=None, description="The draft.")


@strawberry.input(description="Input for `submitProduct`.")
class SubmitProductInput:
    product_id: ID = required("The product whose draft to submit.")
    visibility: ProductVisibility | None = optional(
        "LIMITED or PUBLIC: the product's visibility once the draft is published. By default it stays. New products are LIMITED."
    )
    auto_publish: bool | None = optional(
        "Whether to publish as soon as the operator approves. Only publishers that the operator allows it to can ask for this."
    )
    validate_only: bool | None = optional("Whether only to check the draft. The payload has the result of each control.")


@strawberry.type(description="An automatic check of a draft.")
class Control:
    name: ControlName = strawberry.field(description="What is checked.")
    result: ControlResult = strawberry.field(description="Whether the draft passes.")
    problems: list[Problem] = strawberry.field(description="Why it doesn't pass.")


@strawberry.type(description="Result of `submitProduct`.")
class SubmitProductPayload(Payload):
    change_request: ChangeRequest | None = strawberry.field(default=None, description="The request that is now under review.")
    controls: list[Control] | None = strawberry.field(
        default=None,
        description="What was checked, if the draft was only checked or didn't pass. `userErrors` has all problems too.",
    )


@strawberry.input(description="Input for `withdrawSubmission`.")
class WithdrawSubmissionInput:
    change_request_id: ID = required("The change request under review.")


@strawberry.type(description="Result of `withdrawSubmission`.")
class WithdrawSubmissionPayload(Payload):
    product_revision: ProductRevision | None = strawberry.field(
        default=None, description="The revision, which is a draft again, if the request was about one."
    )
    change_request: ChangeRequest | None = strawberry.field(default=None, description="The withdrawn request.")


@strawberry.input(description="Input for `publishProduct`.")
class PublishProductInput:
    product_id: ID = required("The product whose approved revision to publish.")


@strawberry.type(description="Result of `publishProduct`.")
class PublishProductPayload(Payload):
    product: Product | None = strawberry.field(default=None, description="The published product.")


@strawberry.input(description="Input for `addProductDimensions`.")
class AddProductDimensionsInput:
    product_id: ID = required("The product.")
    dimensions: list[ProductDimensionInput] = required("The dimensions to add. Existing ones can't be changed or removed.")


@strawberry.type(description="Result of `addProductDimensions`.")
class AddProductDimensionsPayload(Payload):
    change_request: ChangeRequest | None = strawberry.field(default=None, description="The request that is now under review.")


@strawberry.input(description="Input for `changeProductVisibility`.")
class ChangeProductVisibilityInput:
    product_id: ID = required("The product.")
    visibility: ProductVisibility = required(
        "The new visibility. RESTRICTED ends the sale: buyers keep the product, which is REMOVED once no offer or agreement needs it."
    )
    test_account_ids: list[ID] | None = optional(
        "The companies that can see the product while it's LIMITED, at most 100. They replace the current ones. Omit to keep them."
    )


@strawberry.type(description="Result of `changeProductVisibility`.")
class ChangeProductVisibilityPayload(Payload):
    change_request: ChangeRequest | None = strawberry.field(default=None, description="The request that is now under review.")


@strawberry.input(description="Input for `resubmitChangeRequest`.")
class ResubmitChangeRequestInput:
    id: ID = required("The failed change request.")


@strawberry.type(description="Result of `resubmitChangeRequest`.")
class ResubmitChangeRequestPayload(Payload):
    change_request: ChangeRequest | None = strawberry.field(
        default=None, description="The request, which is under review again."
    )


@strawberry.type
class ProductMutations:
    create_product: CreateProductPayload = mutation_field(
        product.create_product,
        CreateProductInput,
        "Creates a product with a draft. Only its seller, the seller's partner and the operator see it.",
    )
    revise_product: ReviseProductPayload = mutation_field(
        product.revise_product,
        ReviseProductInput,
        "Changes a product's draft, or begins one. What is published stays the same until the draft is published in its place.",
    )
    submit_product: SubmitProductPayload = mutation_field(
        product.submit_product,
        SubmitProductInput,
        "Submits a product's draft for review. It's locked until the request is decided.",
    )
    withdraw_submission: WithdrawSubmissionPayload = mutation_field(
        product.withdraw_submission, WithdrawSubmissionInput, "Withdraws a change request that isn't decided yet."
    )
    publish_product: PublishProductPayload = mutation_field(
        product.publish_product, PublishProductInput, "Publishes the approved revision of a product, at once."
    )
    add_product_dimensions: AddProductDimensionsPayload = mutation_field(
        product.add_product_dimensions, AddProductDimensionsInput, "Requests further dimensions for a product."
    )
    change_product_visibility: ChangeProductVisibilityPayload = mutation_field(
        product.change_product_visibility,
        ChangeProductVisibilityInput,
        "Requests another visibility of a published product, or other test accounts.",
    )
    resubmit_change_request: ResubmitChangeRequestPayload = mutation_field(
        product.resubmit_change_request, ResubmitChangeRequestInput, "Submits a failed change request again."
    )
